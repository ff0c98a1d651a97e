/** What the last stage of a Dockerfile says, as far as it matters to who runs the image. */
export interface ImageFacts {
  /** Every image a stage begins with, other stages left out. */
  bases: string[]
  env: Record<string, string>
  user: string
  volumes: string[]
  ports: number[]
  /** Undefined: a shell form, which keeps signals from the program. */
  command: string[] | undefined
  healthcheck: string
  instructions: { name: string; argument: string }[]
}

/** Reads the instructions that this project's Dockerfile uses: no heredocs, no ARG in FROM. */
export function readDockerfile(text: string): ImageFacts {
  const instructions = instructionsOf(text)
  const stages = instructions.filter(({ name }) => name === 'FROM').map(({ argument }) => argument.split(/\s+/))
  const names = stages.map(([, , name]) => name)
  const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
  const all = (name: string) => last.filter((one) => one.name === name).map(({ argument }) => argument)
  return {
    bases: stages.map(([image = '']) => image).filter((image) => !names.includes(image)),
    env: Object.fromEntries(all('ENV').flatMap(pairsOf)),
    user: all('USER').at(-1) ?? 'root',
    volumes: all('VOLUME').flatMap((argument) =>
      argument
        .replace(/[[\]",]/g, ' ')
        .trim()
        .split(/\s+/),
    ),
    ports: all('EXPOSE').flatMap((argument) => argument.split(/\s+/).map((port) => Number.parseInt(port, 10))),
    command: execForm(all('CMD').at(-1)),
    healthcheck: all('HEALTHCHECK').at(-1) ?? '',
    instructions,
  }
}

function instructionsOf(text: string): ImageFacts['instructions'] {
  return text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', argument = ''] = /^\s*(\w+)\s*(.*)$/.exec(line) ?? []
      return { name: name.toUpperCase(), argument: argument.trim() }
    })
}

function pairsOf(argument: string): [string, string][] {
  return Array.from(argument.matchAll(/(\w+)=("[^"]*"|\S+)/g), ([, name = '', value = '']) => [
    name,
    value.replace(/^"|"$/g, ''),
  ])
}

function execForm(argument: string | undefined): string[] | undefined {
  try {
    const parts: unknown = JSON.parse(argument ?? '')
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : undefined
  } catch {
    return undefined
  }
}

/** Whether a file is left out of the build's context: the last pattern of `.dockerignore` that fits it decides. */
export function isIgnored(dockerignore: string, file: string): boolean {
  const parts = file.split('/')
  const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  let ignored = false
  for (const line of dockerignore.split('\n')) {
    const pattern = line.trim().replace(/^(!?)\/+/, '$1')
    if (pattern === '' || pattern.startsWith('#')) continue
    const negated = pattern.startsWith('!')
    const expression = globExpression(negated ? pattern.slice(1) : pattern)
    if (paths.some((path) => expression.test(path))) ignored = !negated
  }
  return ignored
}

function globExpression(glob: string): RegExp {
  const source = glob
    .replace(/\/$/, '')
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (sign) =>
      sign === '*' ? '[^/]*' : sign === '?' ? '[^/]' : sign === '**' ? '.*' : '(?:.*/)?',
    )
  return new RegExp(`^${source}$`)
}
