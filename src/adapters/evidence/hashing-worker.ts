/** The thread of `TranscriptHashing`. */
import { parentPort } from 'node:worker_threads'
import { isEvidenceOf } from '../../core/evidence.ts'
import { type Transcript, transcriptFile } from '../../core/transcript.ts'
import type { Hash } from '../../protocol/types.ts'

export type HashingTask =
  | { readonly type: 'encode'; readonly transcript: Transcript }
  | { readonly type: 'check'; readonly bytes: Uint8Array; readonly digest: Hash }

export type HashingReply =
  | { readonly type: 'encoded'; readonly digest: Hash; readonly bytes: Uint8Array }
  | { readonly type: 'checked'; readonly isRight: boolean }
  | { readonly type: 'failed'; readonly reason: string }

function perform(task: HashingTask): HashingReply {
  try {
    if (task.type === 'check') return { type: 'checked', isRight: isEvidenceOf(task.bytes, task.digest) }
    return { type: 'encoded', ...transcriptFile(task.transcript) }
  } catch (error) {
    return { type: 'failed', reason: String(error).slice(0, 200) }
  }
}

parentPort?.on('message', (task: HashingTask) => parentPort?.postMessage(perform(task)))
