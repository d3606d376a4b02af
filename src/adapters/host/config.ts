/**
 * What an operator offers to functions: a JSON file, checked here (docs/extensions.md explains it for operators).
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import {
  isAnyHost,
  PERMISSION_LENGTH_MAX,
  PERMISSIONS_MAX,
  parsePermission,
} from '../../core/permissions/permission.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'

const FILE_BYTES_MAX = 65_536
const FIX = 'docs/extensions.md lists the fields and has an example'
const TEXT_LENGTH_MAX = 4_096
const ITEMS_MAX = 64

const permission = z
  .string()
  .max(PERMISSION_LENGTH_MAX)
  .superRefine((text, context) => {
    try {
      parsePermission(text)
    } catch (error) {
      if (!(error instanceof DikastError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
  })
const text = z.string().max(TEXT_LENGTH_MAX)
const absolute = text.regex(/^\//, 'is not an absolute path')
/** The whole environment of a native process; nothing of the node's own, nor of the guest's, is added. */
const environment = z
  .record(text, text)
  .refine((record) => Object.keys(record).length <= ITEMS_MAX, 'too many variables')
const httpUrl = z.url({ protocol: /^https?$/, error: 'is not an http or https URL' })

const grant = z
  .union([
    permission.transform((granted) => ({ permission: granted, allowPrivate: false })),
    z.strictObject({ permission, allowPrivate: z.boolean().default(false) }),
  ])
  .refine((given) => !(given.allowPrivate && isAnyHost(parsePermission(given.permission))), {
    error: 'a grant for any host cannot open private addresses: name the host',
  })

const schema = z.strictObject({
  grants: z.array(grant).max(PERMISSIONS_MAX).default([]),
  cgi: z.strictObject({ directory: absolute, env: environment.default({}) }).optional(),
  drivers: z
    .record(
      z.string().regex(/^[a-z][a-z0-9+.-]{0,31}$/, 'is not a URL scheme'),
      z.strictObject({
        command: z.tuple([absolute], text).refine((words) => words.length <= ITEMS_MAX, 'too many words'),
        env: environment.default({}),
      }),
    )
    .refine((record) => Object.keys(record).length <= ITEMS_MAX, 'too many drivers')
    .default({}),
  ipfs: z.strictObject({ apiUrl: httpUrl }).optional(),
  llm: z.strictObject({ url: httpUrl, apiKey: text.optional() }).optional(),
})

export type HostConfig = z.output<typeof schema>

/** Nothing is granted. */
export const NO_GRANTS: HostConfig = { grants: [], drivers: {} }

/** Throws `InvalidInputError` naming the field. */
export function parseHostConfig(json: unknown, path = 'extensions'): HostConfig {
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new InvalidInputError(path, `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`, {
      fix: FIX,
    })
  }
  const config = parsed.data
  const permissions = config.grants.map((granted) => granted.permission)
  const twice = permissions.find((granted, i) => permissions.indexOf(granted) !== i)
  if (twice !== undefined) throw new InvalidInputError(path, `grants: ${twice} is there twice`, { fix: FIX })
  const needs = { ipfs: config.ipfs, cgi: config.cgi, llm: config.llm }
  for (const [capability, section] of Object.entries(needs)) {
    const granted = permissions.find((text) => parsePermission(text).capability === capability)
    if (granted !== undefined && section === undefined)
      throw new InvalidInputError(path, `${granted} is granted and there is no section ${capability}`, {
        fix: FIX,
      })
  }
  for (const text of permissions) {
    const found = parsePermission(text)
    if (found.capability === 'driver' && 'scheme' in found && !Object.hasOwn(config.drivers, found.scheme))
      throw new InvalidInputError(path, `${text} is granted and no driver has the scheme ${found.scheme}`, {
        fix: FIX,
      })
  }
  return config
}

/** Reads an operator's file. Throws `InvalidInputError` and `LimitExceededError`. */
export function readHostConfig(path: string): HostConfig {
  let json: unknown
  try {
    const { size } = statSync(path)
    if (size > FILE_BYTES_MAX) throw new LimitExceededError('extensions file bytes', size, FILE_BYTES_MAX)
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('extensions', `${path} cannot be read as JSON`, { cause, fix: FIX })
  }
  return parseHostConfig(json, path)
}
