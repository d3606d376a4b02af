import { requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { createNodeKeys } from '../node-folder.ts'

export const run: Run = async ({ output }, _args, options) => {
  const folder = requiredText(options, 'data')
  const { attestor, peer, peerKey } = await createNodeKeys(folder)
  output.result({ folder, attestor, peer, peerKey }, () => {
    output.line(`attestor    ${attestor}`)
    output.line(`peer        ${peer}`)
    output.line(`keys        ${folder} (encrypted; back them up)`)
    output.line(
      `next        \`dikast node register --data ${folder} --stake <ether>\` from the account that is to own it`,
    )
  })
  return EXIT.ok
}
