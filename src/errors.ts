/**
 * Every way a request can be refused: slug → status and title. The slug makes the problem's `type` and `code`;
 * clients rely on it, so slugs are added and never renamed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
const catalogue = {
  'invalid-json': [400, 'The body is not valid JSON'],
  'invalid-parameter': [400, 'A parameter is not valid'],
  'invalid-cursor': [400, 'The cursor does not belong to this list'],
  'invalid-url': [400, 'The address is not valid'],
  'invalid-request': [400, 'The request is not valid'],
  unauthenticated: [401, 'Log in first'],
  'invalid-credentials': [401, 'User name or password is wrong'],
  'invalid-refresh-token': [401, 'The refresh token is not valid'],
  forbidden: [403, 'Not permitted'],
  'own-account': [403, 'Not on your own account'],
  'route-not-found': [404, 'No such address'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'Method not allowed here'],
  'request-timeout': [408, 'The request took too long to arrive'],
  conflict: [409, 'Already taken'],
  'in-use': [409, 'Still in use'],
  'insufficient-stock': [409, 'Not enough stock'],
  'stock-changed': [409, 'The stock is not what was expected'],
  'already-reversed': [409, 'Already reversed'],
  archived: [409, 'Archived'],
  'last-administrator': [409, 'The last administrator'],
  'refresh-in-progress': [409, 'Refreshed a moment ago'],
  'request-in-progress': [409, 'The same request is under way'],
  'precondition-failed': [412, 'Changed by somebody else'],
  'body-too-large': [413, 'The body is too large'],
  'url-too-long': [414, 'The address is too long'],
  'unsupported-media-type': [415, 'Media type not supported'],
  'expectation-failed': [417, 'The expectation cannot be met'],
  'validation-failed': [422, 'The body is not valid'],
  'idempotency-key-reused': [422, 'The idempotency key belongs to another request'],
  'too-many-requests': [429, 'Too many requests'],
  'too-many-attempts': [429, 'Too many failed logins'],
  'headers-too-large': [431, 'The headers are too large'],
  'internal-error': [500, 'Something went wrong here'],
  'database-busy': [503, 'The database is busy'],
  'database-unavailable': [503, 'The database is away'],
  'migrations-pending': [503, 'The database is not migrated yet'],
  overloaded: [503, 'Too busy'],
  stopping: [503, 'Stopping'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export type Slug = keyof typeof catalogue
export const slugs = Object.keys(catalogue) as Slug[]

/** A list of more errors is read by nobody; of more, these are the first. */
export const MAX_ERRORS = 100

/** One refused field: `pointer` is a JSON pointer into the body (`#/lines/0/quantity`) or names a parameter (`query:/limit`). */
export interface FieldError {
  pointer: string
  detail: string
}

export interface ProblemOptions extends ErrorOptions {
  errors?: FieldError[]
  /** Further members of the problem document, for programs: quantities, ids. */
  members?: Record<string, unknown>
  headers?: Record<string, string>
}

/** An expected failure. Thrown anywhere, it rolls the transaction back and becomes the answer. */
export class Problem extends Error {
  readonly slug: Slug
  readonly status: number
  readonly title: string
  readonly errors: FieldError[] | undefined
  readonly members: Record<string, unknown>
  readonly headers: Record<string, string>

  /** @param detail for a person: what is wrong and the way out; never SQL, a stack or a secret */
  constructor(slug: Slug, detail: string, options: ProblemOptions = {}) {
    super(detail, options)
    this.name = 'Problem'
    this.slug = slug
    const [status, title] = catalogue[slug]
    this.status = status
    this.title = title
    this.errors = options.errors?.slice(0, MAX_ERRORS)
    this.members = options.members ?? {}
    this.headers = { ...(status === 503 ? { 'retry-after': '1' } : {}), ...options.headers }
  }

  /** The problem document, as it is sent and as it is kept for a repeated request. */
  toDocument(instance: string) {
    return {
      type: `/problems/${this.slug}`,
      title: this.title,
      status: this.status,
      code: this.slug.replaceAll('-', '_'),
      detail: this.message,
      instance,
      ...(this.errors ? { errors: this.errors } : {}),
      ...this.members,
    }
  }
}

/** A body that fits its schema and is wrong all the same: 422 with the field. */
export function invalidField(pointer: string, detail: string): Problem {
  return new Problem('validation-failed', detail, { errors: [{ pointer, detail }] })
}

/** A parameter that fits its schema and is wrong all the same: 400 with its place, `query:/price_max`. */
export function invalidParameter(pointer: string, detail: string): Problem {
  const [, name = pointer] = pointer.split(':/')
  return new Problem('invalid-parameter', `${name} ${detail}.`, { errors: [{ pointer, detail }] })
}

/** What must be unique and somebody else has: 409 with the field, and who has it. */
export function taken(pointer: string, detail: string, existing_id: number): Problem {
  return new Problem('conflict', detail, { errors: [{ pointer, detail: 'is taken' }], members: { existing_id } })
}
