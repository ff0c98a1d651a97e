import { test } from 'tap'
import { openPage, withoutBrowser } from '../support/browser.ts'
import { execute, logIn, type Operation, openDocs, startExampleShop } from '../support/swagger-ui.ts'

const options = { skip: withoutBrowser, timeout: 300_000 }

/** Making and changing first, then what takes away, and at last what ends the session. */
function inOrder(operations: Operation[]): Operation[] {
  const last = ['refreshTokens', 'logOut', 'changeMyPassword']
  const rank = ({ id, method }: Operation) => {
    if (last.includes(id)) return 10 + last.indexOf(id)
    return /^(archive|deactivate)/.test(id) ? 3 : ({ post: 1, patch: 2, put: 2, delete: 4 }[method] ?? 5)
  }
  return operations.filter(({ id }) => id !== 'logIn').sort((a, b) => rank(a) - rank(b))
}

test('in the page a person can try every operation that changes something, as it is filled in', options, async (t) => {
  const shop = await startExampleShop(t)
  const changing = shop.operations.filter(({ method }) => method !== 'get')
  t.ok(changing.length > 20)
  const { page, errors } = await openPage(t)
  await openDocs(page, `${shop.url}/docs`)
  t.equal(await logIn(page, shop), 200)
  for (const operation of inOrder(changing)) {
    if (operation.id === 'changeMyPassword') await logIn(page, shop)
    const { status, body } = await execute(page, operation)
    const name = `${operation.method} ${operation.path}: ${status} ${body.slice(0, 300)}`
    if (operation.id === 'refreshTokens')
      t.match(body, /invalid_refresh_token/, 'an example of a token cannot be valid')
    else if (status >= 300)
      t.ok([403, 409].includes(status) && /own_account|in_use|conflict|archived|already|default|last/.test(body), name)
    else t.ok(status >= 200, name)
  }
  t.same(errors, [])
})
