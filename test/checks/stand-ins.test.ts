import { test } from 'tap'
import ts from 'typescript'
import { compilerOptions, findMisusedStandIns } from '../../scripts/dev/check-stand-ins.ts'

/** The query of a probe: what is put into it decides whether it compiles and passes. */
const probe = (line: string) => `
  import { sql } from 'kysely'
  import { prepared } from '../db/prepared.ts'
  interface Values { id: number; price: number; archived: boolean; name: string }
  export const find = prepared<Values, { id: number }>('probe', (db, values) => {
    const { id, archived, name, price } = values
    const query = db.selectFrom('products as p').select('p.id')
    ${line}
  })
  export const needed = (flag: boolean, count: number) => [flag, count, sql]
`

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the text of programs.
const RIGHT = [
  `return query.where('p.id', '=', id).where('p.name', '=', name).where('p.is_active', '=', archived)`,
  'return query.where(sql<boolean>`p.id + ${id} > ${values.price}`).limit(price)',
  `return query.where((eb) => eb.or([eb('p.id', '>', id), eb('p.price', 'in', [price, id])]))`,
]

/** By who refuses it: the types, or, where TypeScript has no word for it, the check. */
const WRONG: [line: string, by: 'types' | 'check'][] = [
  [`return query.$if(archived, (q) => q.where('p.is_active', '=', false))`, 'types'],
  ['needed(archived, 1); return query', 'types'],
  ['needed(true, id); return query', 'types'],
  [`return query.where('p.name', '=', id)`, 'types'],
  [`return query.where('p.id', '=', values.other)`, 'types'],
  ['return id > 0 ? query : query.limit(1)', 'types'],
  ['return id === 0 ? query : query.limit(1)', 'types'],
  [`return archived === true ? query : query.limit(1)`, 'types'],
  ['return query.limit(id + 1)', 'types'],
  [`return query.$if(!archived, (q) => q.where('p.is_active', '=', true))`, 'check'],
  [`return query.$if(!values.archived, (q) => q.where('p.is_active', '=', true))`, 'check'],
  ['if (archived) return query; return query.limit(1)', 'check'],
  ['return archived ? query : query.limit(1)', 'check'],
  ['return values.archived ? query : query.limit(1)', 'check'],
  ['const limited = archived && query.limit(1); return limited', 'check'],
  ['const limited = id ?? 1; return query.limit(limited)', 'check'],
  ['const limited = id || 1; return query.limit(limited)', 'check'],
  ['while (archived) return query; return query', 'check'],
  ['return id > price ? query : query.limit(1)', 'check'],
  ['return id === price ? query : query.limit(1)', 'check'],
  ['return query.$if(id !== undefined, (q) => q.limit(1))', 'check'],
  ['return query.where(sql.ref(`p.${name}`), "=", 1)', 'check'],
  ['return query.$if(Boolean(archived), (q) => q.limit(1))', 'check'],
  ['return query.orderBy(sql.raw(String(name)))', 'check'],
  ['const either = db === undefined ? undefined : archived; return either ? query : query.limit(1)', 'check'],
]
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the text of programs.

const fileOf = (index: number) => `${process.cwd()}/src/modules/probe-${index}.ts`

function compile(texts: string[]): ts.Program {
  const files = new Map(texts.map((text, index) => [fileOf(index), text]))
  const options = { ...compilerOptions(), noUnusedLocals: false }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name)
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version, true)
  }
  return ts.createProgram([...files.keys()], options, host)
}

test('a stand-in of a prepared query is a value of SQL and nothing else', async (t) => {
  const lines = [...RIGHT, ...WRONG.map(([line]) => line)]
  const program = compile(lines.map(probe))
  const findings = lines.map((line, index) => {
    const file = fileOf(index)
    const faults = program.getSemanticDiagnostics(program.getSourceFile(file))
    const at = faults.map(({ start = 0 }) => probe(line).slice(0, start).split('\n').length)
    t.same(new Set(at), new Set(at.length > 0 ? [8] : []), `nothing else is wrong: ${line}`)
    return { types: faults.length > 0, check: findMisusedStandIns(program, file).length > 0 }
  })
  for (const line of RIGHT) t.same(findings.shift(), { types: false, check: false }, line)
  for (const [line, by] of WRONG) {
    const found = findings.shift()
    if (by === 'types') t.equal(found?.types, true, `types refuse: ${line}`)
    else t.same(found, { types: false, check: true }, `only the check refuses: ${line}`)
  }
})
