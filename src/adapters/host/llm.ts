/**
 * Prompts to the operator's provider, by the widely spoken chat-completions form. Where the provider is was the operator's decision;
 * which of its models may be asked is a permission, `llm:model`.
 * @module
 */
import { z } from 'zod'
import type { HostValue } from '../../core/host-call.ts'
import type { HostConfig } from './config.ts'
import type { Gate } from './gate.ts'
import { httpUrl } from './http.ts'
import { CONNECT_MS_MAX, exchange } from './http-exchange.ts'
import { textField } from './payload.ts'
import { RefusedError } from './refusal.ts'
import { addressOf, type Resolve } from './resolve.ts'

/** Models are slow; the run's wall clock is what bounds a guest. */
const ANSWER_MS_MAX = 60_000
const ANSWER_LENGTH_MAX = 65_535
const encoder = new TextEncoder()

const options = z.object({
  system_message: z.string().optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
})
const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
})

export interface LlmWorld {
  readonly provider: NonNullable<HostConfig['llm']>
  readonly gate: Gate
  readonly resolve: Resolve
  readonly signal: AbortSignal
}

/** Operations `model`, which only asks for leave, and `prompt`. */
export async function llmCall(world: LlmWorld, operation: string, payload: HostValue): Promise<HostValue> {
  const model = textField(payload, 'model')
  world.gate.check({ capability: 'llm', name: model })
  if (operation === 'model') return null
  const given = options.safeParse(jsonOf(textField(payload, 'options')))
  if (!given.success) throw new RefusedError('invalid', 'the options are not what they must be')
  const { system_message, ...settings } = given.data
  const system = system_message === undefined ? [] : [{ role: 'system', content: system_message }]
  const messages = [...system, { role: 'user', content: textField(payload, 'prompt') }]
  const { status, body } = await ask(world, JSON.stringify({ model, messages, stream: false, ...settings }))
  if (status !== 200) throw new RefusedError('failed', `the provider answered with ${status}`)
  const answer = completion.safeParse(jsonOf(new TextDecoder().decode(body)))
  const text = answer.data?.choices[0]?.message.content
  if (text === undefined) throw new RefusedError('failed', 'the provider’s answer is no completion')
  if (text.length > ANSWER_LENGTH_MAX) throw new RefusedError('failed', 'the completion is too long')
  return text
}

async function ask({ provider, resolve, signal }: LlmWorld, text: string) {
  const { url } = httpUrl(provider.url)
  const { apiKey } = provider
  return exchange({
    ...url,
    address: await addressOf(url.host, { allowPrivate: true }, resolve),
    method: 'POST',
    headers: [
      ['content-type', 'application/json'],
      ...(apiKey === undefined ? [] : [['authorization', `Bearer ${apiKey}`] as const]),
    ],
    body: encoder.encode(text),
    connectMs: CONNECT_MS_MAX,
    wholeMs: ANSWER_MS_MAX,
    signal,
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}
