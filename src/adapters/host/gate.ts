/**
 * The one permission check: a call needs the function's permission and the operator's grant. All extensions ask here, and so
 * does each hop of a redirect.
 * @module
 */
import { isPublicAddress } from '../../core/permissions/address.ts'
import { covers, type Resource } from '../../core/permissions/permission.ts'
import { RefusedError } from './refusal.ts'

export interface Grant {
  readonly resource: Resource
  readonly allowPrivate: boolean
}

/** What a checked call may connect to. */
export interface Leave {
  readonly allowPrivate: boolean
}

export class Gate {
  readonly #declared: readonly Resource[]
  readonly #grants: readonly Grant[]

  constructor(declared: readonly Resource[], grants: readonly Grant[]) {
    this.#declared = declared
    this.#grants = grants
  }

  /** Throws `RefusedError` `permission`. */
  check(resource: Resource): Leave {
    const what = describe(resource)
    if (!this.#declared.some((declared) => covers(declared, resource)))
      throw new RefusedError('permission', `the function did not declare ${what}`)
    const granting = this.#grants.filter((grant) => covers(grant.resource, resource))
    if (granting.length === 0)
      throw new RefusedError('permission', `no grant covers ${what}`, {
        fix: 'grant it in the extensions file',
      })
    return { allowPrivate: granting.some(({ allowPrivate }) => allowPrivate) }
  }

  allows(resource: Resource): boolean {
    return (
      this.#declared.some((declared) => covers(declared, resource)) &&
      this.#grants.some((grant) => covers(grant.resource, resource))
    )
  }
}

/** Throws for an address that is not public, unless there is leave. */
export function checkAddress(address: string, host: string, { allowPrivate }: Leave): void {
  if (allowPrivate || isPublicAddress(address)) return
  throw new RefusedError('permission', `${host} is ${address}, which is not public`, {
    fix: 'to allow it, set allowPrivate in the grant that names it',
  })
}

function describe(resource: Resource): string {
  if ('name' in resource) return `${resource.capability}:${resource.name}`
  const { scheme, host, port, segments } = resource
  return `${scheme}://${host}:${port}/${segments.join('/')}`.slice(0, 200)
}
