/**
 * `blockless_llm`: prompts to a model of the operator's provider. Counts are 8 or 16 bits wide, as the ABI has them.
 * @module
 */
import { field, type Held, isObject, listField, type Outside, parseJson } from './outside.ts'
import { type Codes, problem } from './problems.ts'

const KIND = 'llm'
const encoder = new TextEncoder()

export const LLM_CODES: Codes = {
  permission: 10,
  invalid: 5,
  url: 8,
  method: 9,
  headers: 8,
  absent: 2,
  failed: 4,
  refused: 4,
  reset: 4,
  handle: 1,
  'too-many': 3,
  fault: 8,
  utf8: 7,
  json: 5,
}

interface Model {
  readonly name: string
  options: string
  response: Held
}

export function llmCalls(outside: Outside) {
  const { memory, handles } = outside
  const held = (text: string): Held => ({ bytes: encoder.encode(text), at: 0 })
  return {
    llm_set_model_request(handle: number, model: number, length: number) {
      memory.check(handle, 4)
      const name = outside.text(model, length & 0xff)
      handles.checkRoom()
      outside.ask('llm', 'model', { model: name })
      const item: Model = { name, options: '{}', response: held('') }
      memory.setU32(handle, handles.open(KIND, item))
    },
    llm_get_model_response(handle: number, buffer: number, length: number, result: number) {
      const { name } = handles.get<Model>(handle, KIND)
      memory.check(result, 1)
      const bytes = encoder.encode(name)
      if (bytes.length > (length & 0xff)) return problem('fault')
      memory.setBytes(buffer, bytes)
      memory.setU8(result, bytes.length)
    },
    llm_set_model_options_request(handle: number, options: number, length: number) {
      const model = handles.get<Model>(handle, KIND)
      const text = outside.text(options, length & 0xffff)
      const parsed = parseJson(text)
      if (!isObject(parsed)) return problem('json')
      // Tools are servers of the guest's choice that the provider would call: no permission speaks of them.
      if (field(parsed, 'tools_sse_urls') !== undefined && listField(parsed, 'tools_sse_urls').length > 0)
        return problem('method')
      model.options = text
    },
    llm_get_model_options(handle: number, buffer: number, length: number, result: number) {
      outside.readShort(held(handles.get<Model>(handle, KIND).options), buffer, length & 0xffff, result)
    },
    llm_prompt_request(handle: number, prompt: number, length: number) {
      const model = handles.get<Model>(handle, KIND)
      const request = {
        model: model.name,
        options: model.options,
        prompt: outside.text(prompt, length & 0xffff),
      }
      const answer = outside.ask('llm', 'prompt', request)
      if (typeof answer !== 'string') return problem('failed')
      const response = held(answer)
      handles.hold(handle, response.bytes.length)
      model.response = response
    },
    /** Reads on where the last call stopped. */
    llm_read_prompt_response(handle: number, buffer: number, length: number, result: number) {
      outside.readShort(handles.get<Model>(handle, KIND).response, buffer, length & 0xffff, result)
    },
    llm_close(handle: number) {
      handles.close(handle, KIND)
    },
  }
}
