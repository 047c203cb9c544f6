import { loadConfigFile } from '../../cli/load-config-file.ts'
import { createLog } from '../../runtime/node/log.ts'
import { serve } from '../../runtime/node/serve.ts'

/*
 * The server as `authlance serve` starts it, which ends itself by SIGKILL after the statement number AUTHLANCE_DIE_AFTER, counted from the
 * first statement that contains AUTHLANCE_DIE_FROM; by default a process that dies between two statements of an exchange.
 */

const dieAfter = Number(process.env.AUTHLANCE_DIE_AFTER)
const countFrom = process.env.AUTHLANCE_DIE_FROM ?? 'insert into `users`'
let counted = 0

const config = loadConfigFile(process.argv.at(-1))
const server = await serve(config, {
  log: createLog(config.log.level),
  onQuery({ query }) {
    if (!counted && !query.sql.includes(countFrom)) return
    counted++
    if (counted === dieAfter) process.kill(process.pid, 'SIGKILL')
  },
})
console.log(`ready: api ${server.url} internal ${server.internalUrl}`)
