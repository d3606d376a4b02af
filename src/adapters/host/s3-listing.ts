/**
 * A ListObjectsV2 answer as guests want it. The XML is another server's: the few elements that matter are looked up by name, in
 * time linear in its length, and nothing else of XML is understood.
 * @module
 */
const OBJECTS_MAX = 1_000

export interface Listing {
  readonly name: string
  readonly is_truncated: boolean
  readonly prefix: string
  readonly contents: readonly {
    readonly key: string
    readonly last_modified: string
    readonly e_tag: string
    readonly size: number
    readonly storage_class: string
  }[]
}

export function listingOf(xml: string): Listing {
  const parts = xml.split('<Contents>')
  const head = parts[0] ?? ''
  const tail = parts.at(-1)?.split('</Contents>')[1] ?? ''
  const outer = parts.length === 1 ? head : head + tail
  const contents = parts.slice(1, OBJECTS_MAX + 1).map((part) => {
    const object = part.split('</Contents>')[0] ?? ''
    return {
      key: element(object, 'Key'),
      last_modified: element(object, 'LastModified'),
      e_tag: element(object, 'ETag'),
      size: Number(element(object, 'Size')) || 0,
      storage_class: element(object, 'StorageClass'),
    }
  })
  return {
    name: element(outer, 'Name'),
    is_truncated: element(outer, 'IsTruncated') === 'true',
    prefix: element(outer, 'Prefix'),
    contents,
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function element(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`)
  const end = xml.indexOf(`</${name}>`, start)
  if (start < 0 || end < 0) return ''
  const text = xml.slice(start + name.length + 2, end)
  return text.replace(
    /&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9a-f]{1,6}));/gi,
    (whole, named, decimal, hex) => {
      if (named !== undefined) return ENTITIES[String(named).toLowerCase()] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}
