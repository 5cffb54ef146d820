// One call through the official JavaScript SDK: node call.mjs WEBHOOK METHOD PARAMETERS_AS_JSON.
// Prints {"result": ...}, or {"error": {"status", "code", "message"}} as the SDK tells it.
import { AjaxError, B24Hook } from '@bitrix24/b24jssdk'

const [webhook, method, parameters] = process.argv.slice(2)

async function call() {
  const b24 = B24Hook.fromWebhookUrl(webhook)
  const answer = await b24.actions.v2.call.make({ method, params: JSON.parse(parameters) })
  if (!answer.isSuccess) throw [...answer.getErrors()][0]
  return { result: answer.getData().result }
}

function told(error) {
  if (!(error instanceof AjaxError)) throw error
  return { error: { status: error.status, code: error.code, message: error.message } }
}

console.log(JSON.stringify(await call().catch(told)))
