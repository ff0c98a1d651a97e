import pg from 'pg'

const PASSWORD_MISSING = 'the server wants a password, and there is none in the URL, in PGPASSWORD or in ~/.pgpass'

type Connected = (error: Error) => void

/**
 * A connection that is given up at once when it fails. When a password is wanted and none is there, pg tells of it and
 * leaves the socket open, so that the program cannot end until the server has waited long enough for the password.
 */
export class PromptClient extends pg.Client {
  /** A member of pg's that its types leave out. */
  declare readonly connection: pg.Connection
  override connect(): Promise<pg.Client>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.Client> | undefined {
    if (callback === undefined) return super.connect()
    super.connect((error: Error) => {
      if (error) this.connection.stream.destroy()
      callback(isWithoutPassword(error) ? new Error(PASSWORD_MISSING, { cause: error }) : error)
    })
    return undefined
  }
}

const isWithoutPassword = (error: Error | undefined): boolean =>
  /client password must be a (non-empty )?string/.test(error?.message ?? '')
