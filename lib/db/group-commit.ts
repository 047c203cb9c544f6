import { databaseFailure } from './errors.ts'

const MAX_ITEMS = 64
/** Of all texts together, so that a statement stays far below what a server takes. */
const MAX_CHARACTERS = 1_000_000

export interface GroupCommitOptions<Item, Result> {
  /** Characters of the item's texts. */
  sizeOf(item: Item): number
  /** Keeps items that are all new, all or none. @throws when they do not go together */
  keepAll(items: Item[]): Promise<Result[]>
  /** Keeps one item, whatever is there already. */
  keepOne(item: Item): Promise<Result>
  /** Whether an item whose turn has come is still to be kept; its caller gets an error if not. Default: always. */
  isWanted?(item: Item): boolean
  /** Lets the host take in what has arrived, before a transaction that may not let it: SQLite does not wait for anything. */
  nextTurn?(): Promise<void>
}

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Keeps items that come at the same time in one commit: those that arrive while one is under way share the next. Each caller waits for the
 * commit that holds its item. For a host whose requests may share a connection.
 */
export function createGroupCommit<Item, Result>({
  sizeOf,
  keepAll,
  keepOne,
  isWanted = () => true,
  nextTurn = async () => {},
}: GroupCommitOptions<Item, Result>): (item: Item) => Promise<Result> {
  const queue: Waiting<Item, Result>[] = []
  let running = false

  async function run(): Promise<void> {
    running = true
    while (queue.length > 0) {
      await nextTurn()
      await settle(wantedOf(queue.splice(0, batchLength())))
    }
    running = false
  }

  function batchLength(): number {
    let characters = 0
    let count = 0
    for (const { item } of queue.slice(0, MAX_ITEMS)) {
      characters += sizeOf(item)
      if (count > 0 && characters > MAX_CHARACTERS) break
      count++
    }
    return count
  }

  function wantedOf(batch: Waiting<Item, Result>[]): Waiting<Item, Result>[] {
    return batch.filter(({ item, reject }) => {
      const wanted = isWanted(item)
      if (!wanted) reject(new Error('not wanted any more'))
      return wanted
    })
  }

  /** Never throws. When the items do not go together, since one was kept before or cannot be kept, each goes by itself. */
  async function settle(batch: Waiting<Item, Result>[]): Promise<void> {
    if (batch.length === 0) return
    try {
      const results = await keepAll(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]!)
    } catch (error) {
      if (databaseFailure(error) === 'unavailable') {
        for (const { reject } of batch) reject(error)
        return
      }
      for (const { item, resolve, reject } of batch) await keepOne(item).then(resolve, reject)
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject })
      if (!running) void run()
    })
}
