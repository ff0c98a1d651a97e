/**
 * Whether changes leave a row as it is. A PATCH that changes nothing is answered with what is there: it makes no new
 * version, is written nowhere, and breaks no rule that the row may be older than.
 */
export const isUnchanged = <Row extends object>(row: Row, changes: Partial<Row>): boolean => {
  const columns = new Map<string, unknown>(Object.entries(row))
  return Object.entries(changes).every(([column, value]) => columns.get(column) === value)
}
