/**
 * What a job gives a guest besides its input: arguments, environment and directories. They are part of what a result
 * depends on, so anything two providers could read in two ways is refused here: a name with a NUL, a path that leaves
 * its directory, a file that is a directory as well.
 * @module
 */
import type { GuestDirectory, SandboxJob } from '../../ports/sandbox.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import {
  DIRECTORIES_MAX,
  FILES_MAX,
  GIVEN_FILE_BYTES_MAX,
  NAME_LENGTH_MAX,
  PATH_BYTES_MAX,
  PATH_PARTS_MAX,
  TEXT_BYTES_MAX,
  TEXTS_MAX,
} from './wasi/limits.ts'

const encoder = new TextEncoder()
/** UTF-16 that is no text: it would be written as another character. */
const LONE_SURROGATE = /\p{Surrogate}/u

type World = Pick<SandboxJob, 'args' | 'env' | 'directories'>

/** Throws for what no guest should be given. */
export function checkGuestWorld({ args = [], env = [], directories = [] }: World): void {
  bounded('job.args', args.length, TEXTS_MAX)
  bounded('job.env', env.length, TEXTS_MAX)
  let textBytes = 0
  const text = (field: string, value: string) => {
    checkText(field, value)
    textBytes += encoder.encode(value).length + 1
  }
  for (const argument of args) text('job.args', argument)
  for (const [name, value] of env) {
    if (name === '' || name.includes('=')) throw new InvalidInputError('job.env', `«${name}» is no name`)
    text('job.env', name)
    text('job.env', value)
  }
  bounded('job.args and job.env bytes', textBytes, TEXT_BYTES_MAX)
  distinct(
    'job.env',
    env.map(([name]) => name),
  )
  checkDirectories(directories)
}

function checkDirectories(directories: readonly GuestDirectory[]): void {
  bounded('job.directories', directories.length, DIRECTORIES_MAX)
  distinct(
    'job.directories',
    directories.map(({ guestPath }) => guestPath),
  )
  let files = 0
  let bytes = 0
  for (const directory of directories) {
    if (directory.guestPath === '') throw new InvalidInputError('job.directories', 'one has no guestPath')
    checkText('job.directories', directory.guestPath)
    files += directory.files.length
    bounded('job.directories files', files, FILES_MAX)
    for (const { path, bytes: content } of directory.files) bytes += content.length + path.length
    bounded('job.directories bytes', bytes, GIVEN_FILE_BYTES_MAX)
    checkPaths(directory)
  }
}

/** Every path names one file or one empty directory, below its directory. */
function checkPaths({ files }: GuestDirectory): void {
  const leaves = new Set<string>()
  const inner = new Set<string>()
  const wrong = (path: string, problem: string) =>
    new InvalidInputError('job.directories', `«${path.slice(0, 80)}» ${problem}`)
  for (const { path, bytes } of files) {
    checkText('job.directories', path)
    if (path.endsWith('/') && bytes.length > 0) throw wrong(path, 'is a directory with bytes')
    const parts = (path.endsWith('/') ? path.slice(0, -1) : path).split('/')
    if (parts.length > PATH_PARTS_MAX) throw wrong(path, `has more than ${PATH_PARTS_MAX} parts`)
    for (const part of parts) {
      if (part === '' || part === '.' || part === '..') throw wrong(path, 'is no plain relative path')
      if (part.length > NAME_LENGTH_MAX) throw wrong(path, `has a part above ${NAME_LENGTH_MAX} characters`)
    }
    const whole = parts.join('/')
    if (leaves.has(whole) || inner.has(whole)) throw wrong(path, 'is there twice')
    leaves.add(whole)
    for (let i = 1; i < parts.length; i++) {
      const above = parts.slice(0, i).join('/')
      if (leaves.has(above)) throw wrong(path, 'stands below a file')
      inner.add(above)
    }
  }
}

function checkText(field: string, text: string): void {
  if (text.includes('\0')) throw new InvalidInputError(field, 'holds a NUL')
  if (LONE_SURROGATE.test(text)) throw new InvalidInputError(field, 'is no well-formed Unicode')
  if (field === 'job.directories')
    bounded('job.directories path bytes', encoder.encode(text).length, PATH_BYTES_MAX)
}

function bounded(name: string, value: number, max: number): void {
  if (value > max) throw new LimitExceededError(name, value, max)
}

function distinct(field: string, names: readonly string[]): void {
  if (new Set(names).size !== names.length) throw new InvalidInputError(field, 'has a name twice')
}

/** Directories as they came over the channel, in memory of their own. */
export function copiedDirectories(directories: readonly GuestDirectory[] | undefined): {
  readonly directories?: readonly GuestDirectory[]
} {
  if (directories === undefined) return {}
  return {
    directories: directories.map(({ guestPath, files }) => ({
      guestPath,
      files: files.map(({ path, bytes }) => ({ path, bytes: Uint8Array.from(bytes) })),
    })),
  }
}
