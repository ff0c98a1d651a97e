import type { Config } from '../config.ts'

/** Says on a terminal, or in development, where the service is; elsewhere the log says it. */
export function welcome(port: number, config: Config): void {
  if (config.nodeEnv !== 'development') return
  const base = `http://localhost:${port}`
  const lines = [
    `${config.apiTitle} ${config.apiVersion}`,
    `Swagger UI   ${base}/docs`,
    `OpenAPI      ${base}/openapi.json`,
    `Health       ${base}/health`,
  ]
  if (config.database.engine === 'sqlite') lines.push(`Database     ${config.database.file}`)
  console.log(`\n${lines.map((line) => `  ${line}`).join('\n')}\n`)
}

/** Prints, this once, the password made for the first administrator. It is never logged. */
export function announce(
  administrator: { username: string; password: string } | undefined,
  print: (text: string) => void,
): void {
  if (administrator === undefined) return
  const lines = [
    'The database is new: this administrator was made. The password is shown only now.',
    '',
    `  user name   ${administrator.username}`,
    `  password    ${administrator.password}`,
    '',
    'Log in with POST /api/v1/auth/login and change it with POST /api/v1/auth/me/password.',
  ]
  const rule = '─'.repeat(84)
  print(`\n${rule}\n${lines.join('\n')}\n${rule}\n`)
}
