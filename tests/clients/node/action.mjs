// One action of the official JavaScript SDK: node action.mjs WEBHOOK ACTION OPTIONS_AS_JSON.
// ACTION is a name under `actions.v2`: callList, fetchList, batch, batchByChunk.
// Prints {"data": ..., "errors": {where: {"code", "message"}}}; fetchList's data are its pages.
import { B24Hook } from '@bitrix24/b24jssdk'

const [webhook, action, options] = process.argv.slice(2)

async function pages(generator) {
  const all = []
  for await (const page of generator) all.push(page)
  return { data: all, errors: {} }
}

async function outcome(made) {
  const result = await made
  const errors = [...result.errors].map(([where, { code, message }]) => [where, { code, message }])
  return { data: result.getData(), errors: Object.fromEntries(errors) }
}

const made = B24Hook.fromWebhookUrl(webhook).actions.v2[action].make(JSON.parse(options))
const told = Symbol.asyncIterator in made ? pages(made) : outcome(made)
console.log(JSON.stringify(await told))
