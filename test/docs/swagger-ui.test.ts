import { test } from 'tap'
import { openPage, withoutBrowser } from '../support/browser.ts'
import { execute, type Operation, openDocs, startExampleShop } from '../support/swagger-ui.ts'

/** Reading first, then making and changing, then what takes away, and at last what ends the session. */
function inOrder(operations: Operation[]): Operation[] {
  const last = ['refreshTokens', 'logOut', 'changeMyPassword']
  const rank = ({ id, method }: Operation) => {
    if (last.includes(id)) return 10 + last.indexOf(id)
    return /^(archive|deactivate)/.test(id) ? 3 : ({ get: 0, post: 1, patch: 2, put: 2, delete: 4 }[method] ?? 5)
  }
  return operations.filter(({ id }) => id !== 'logIn').sort((a, b) => rank(a) - rank(b))
}

const options = { skip: withoutBrowser, timeout: 300_000 }

test('in the page a person logs in and can try every operation as it is filled in', options, async (t) => {
  const { url, operations, operation } = await startExampleShop(t)
  const { page, errors } = await openPage(t)
  await openDocs(page, `${url}/docs`)
  t.equal(page.url(), `${url}/docs/`)
  const logIn = operation('logIn')
  t.equal((await execute(page, operation('getMe'))).status, 401)
  const login = await execute(page, logIn)
  t.equal(login.status, 200, login.body)
  await page.locator('.auth-wrapper .authorize.locked').waitFor()
  t.ok(operations.length > 40)
  for (const each of inOrder(operations)) {
    if (each.id === 'changeMyPassword') await execute(page, logIn)
    const { status, body } = await execute(page, each)
    const name = `${each.method} ${each.path}: ${status} ${body.slice(0, 300)}`
    if (each.id === 'refreshTokens') t.match(body, /invalid_refresh_token/, 'an example of a token cannot be valid')
    else if (status >= 300)
      t.ok([403, 409].includes(status) && /own_account|in_use|conflict|archived|already|default|last/.test(body), name)
    else t.ok(status >= 200, name)
    t.not(each.method === 'get' && status !== 200, true, name)
  }
  t.same(errors, [])
})
