// One call through the official JavaScript SDK with OAuth: node oauth.mjs ORIGIN METHOD PARAMETERS.
// Prints {"result": ...}, or {"error": {"status", "code", "message"}} as the SDK tells it.
import { AjaxError, B24OAuth } from '@bitrix24/b24jssdk'

const [origin, method, parameters] = process.argv.slice(2)
const env = process.env
const b24 = new B24OAuth(
  {
    applicationToken: env.APP_APPLICATION_TOKEN,
    userId: 1,
    memberId: env.APP_MEMBER_ID,
    accessToken: env.APP_ACCESS_TOKEN,
    refreshToken: env.APP_REFRESH_TOKEN,
    expires: Math.floor(Date.now() / 1000) + 3600,
    expiresIn: 3600,
    scope: 'task,user',
    domain: new URL(origin).host,
    clientEndpoint: `${origin}/rest/`,
    serverEndpoint: `${origin}/rest/`,
    status: 'L',
    issuer: 'store',
  },
  { clientId: env.APP_CLIENT_ID, clientSecret: env.APP_CLIENT_SECRET },
)

async function call() {
  const answer = await b24.actions.v2.call.make({ method, params: JSON.parse(parameters) })
  if (!answer.isSuccess) throw [...answer.getErrors()][0]
  return { result: answer.getData().result }
}

function told(error) {
  if (!(error instanceof AjaxError)) throw error
  return { error: { status: error.status, code: error.code, message: error.message } }
}

console.log(JSON.stringify(await call().catch(told)))
