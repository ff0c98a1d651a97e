import assert from 'node:assert/strict'
import type { TestApp } from './app.ts'

export interface ListPage<Row> {
  data: Row[]
  next_cursor: string | null
  total?: number
}

/** The pages of a list, each asked for with the cursor of the one before; links must lead there too. */
export async function* pagesOf<Row>({ call }: Pick<TestApp, 'call'>, path: string): AsyncGenerator<ListPage<Row>> {
  const [list = '', query] = path.split('?')
  const asked = new URLSearchParams(query)
  for (;;) {
    const answer = await call('GET', `${list}?${asked}`)
    if (answer.statusCode !== 200) throw new Error(`${list}?${asked} answered ${answer.statusCode}: ${answer.body}`)
    const page: ListPage<Row> = answer.json()
    yield page
    if (page.next_cursor === null) {
      assert.equal(answer.headers.link, undefined, `${list}?${asked} links to a page that is not there`)
      return
    }
    asked.set('cursor', page.next_cursor)
    assert.equal(answer.headers.link, `<?${asked}>; rel="next"`)
  }
}

/** Every row of a list, page by page. */
export async function walk<Row>(app: Pick<TestApp, 'call'>, path: string, limit?: number): Promise<Row[]> {
  const sized = limit === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}limit=${limit}`
  const rows: Row[] = []
  for await (const { data } of pagesOf<Row>(app, sized)) rows.push(...data)
  return rows
}
