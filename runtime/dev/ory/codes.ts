import { createHmac, randomInt, randomUUID, timingSafeEqual } from 'node:crypto'
import { transaction } from './database.ts'
import type { Emulator } from './emulator.ts'
import type { Flow } from './flow.ts'

const maximumTries = 5

export interface Code {
  id: string
  flowId: string
  identityId: string
  addressId: string | null
}

/** What became of a code that was typed in. */
export type CodeUse =
  | { kind: 'accepted'; code: Code }
  | { kind: 'unknown' }
  | { kind: 'refused'; reason: string }
  | { kind: 'expired'; expiredAt: number }

/** Makes a code of six digits for a flow. */
export function createCode(
  emulator: Emulator,
  flow: Flow,
  owner: { identityId: string; addressId: string | null },
  lifetimeSeconds = emulator.lifespans.codeSeconds,
): string {
  const digits = String(randomInt(1_000_000)).padStart(6, '0')
  emulator.database
    .prepare(
      'INSERT INTO codes (id, kind, flow_id, identity_id, address_id, hash, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    .run(
      randomUUID(),
      flow.kind,
      flow.id,
      owner.identityId,
      owner.addressId,
      hash(emulator, digits).toString('hex'),
      emulator.now() + lifetimeSeconds * 1000,
    )
  return digits
}

/** Makes the codes that a flow has sent so far useless. */
export function deleteCodes({ database }: Emulator, flowId: string): void {
  database.prepare('DELETE FROM codes WHERE flow_id = ?').run(flowId)
}

/** Tries a code, and uses it up when it is right; refuses all after five tries in one flow. */
export function useCode(emulator: Emulator, flowId: string, digits: string): CodeUse {
  const { database, now } = emulator
  return transaction(database, (): CodeUse => {
    const { tries } = database
      .prepare(`UPDATE flows SET tries = tries + 1 WHERE id = ? RETURNING tries`)
      .get(flowId) as { tries: number }
    if (tries > maximumTries) {
      return {
        kind: 'refused',
        reason: 'The request was submitted too often. Please request another code.',
      }
    }

    const wanted = hash(emulator, digits)
    const row = database
      .prepare('SELECT * FROM codes WHERE flow_id = ?')
      .all(flowId)
      .find((code) => timingSafeEqual(Buffer.from(code.hash as string, 'hex'), wanted))
    if (!row) return { kind: 'unknown' }
    if ((row.expires_at as number) < now()) return { kind: 'expired', expiredAt: row.expires_at as number }
    if (row.used_at !== null) {
      return { kind: 'refused', reason: 'The code was already used. Please request another code.' }
    }

    database.prepare('UPDATE codes SET used_at = ? WHERE id = ?').run(now(), row.id as string)
    return {
      kind: 'accepted',
      code: {
        id: row.id as string,
        flowId,
        identityId: row.identity_id as string,
        addressId: row.address_id as string | null,
      },
    }
  })
}

function hash({ cookieKey }: Emulator, digits: string): Buffer {
  return createHmac('sha256', cookieKey).update(`code:${digits}`).digest()
}
