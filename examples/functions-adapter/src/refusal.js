/** Why a request cannot be run. What its contract gets as an error begins with the code. */
export class RefusalError extends Error {
  constructor(code, detail) {
    super(`${code}: ${detail}`)
    this.name = 'RefusalError'
    this.code = code
  }
}
