// The official JavaScript SDK with OAuth, as a server-side application uses it.
// Prints the flow's name, what the SDK was given when it refreshed, and its errors.
import { B24OAuth } from '@bitrix24/b24jssdk'

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
    domain: 'acme.bitrix24.com',
    clientEndpoint: 'https://acme.bitrix24.com/rest/',
    serverEndpoint: 'https://oauth.bitrix.info/rest/',
    status: 'L',
    issuer: 'store',
  },
  { clientId: env.APP_CLIENT_ID, clientSecret: env.APP_CLIENT_SECRET },
)

const renewed = []
b24.setCallbackRefreshAuth(async (given) => renewed.push(given))

const answer = await b24.actions.v2.call.make({
  method: 'tasks.flow.Flow.get',
  params: { flowId: 517 },
})
console.log(
  JSON.stringify({
    name: answer.isSuccess ? answer.getData().result.name : null,
    errors: answer.getErrorMessages(),
    renewed: renewed.length,
  }),
)
