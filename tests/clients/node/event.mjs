// An event as a handler in Node takes it: the form parsed with brackets, the tokens of `auth` given
// to the official JavaScript SDK, which then calls back. Standard input has the request's body.
import { B24OAuth } from '@bitrix24/b24jssdk'
import { parse } from 'qs-esm'
import { readFileSync } from 'node:fs'

const sent = parse(readFileSync(0, 'utf8'))
const { auth } = sent
const b24 = new B24OAuth(
  {
    applicationToken: auth.application_token,
    userId: Number(auth.user_id),
    memberId: auth.member_id,
    accessToken: auth.access_token,
    refreshToken: auth.refresh_token ?? '',
    expires: Number(auth.expires),
    expiresIn: Number(auth.expires_in),
    scope: auth.scope,
    domain: auth.domain,
    clientEndpoint: auth.client_endpoint,
    serverEndpoint: auth.server_endpoint,
    status: auth.status,
    issuer: 'request',
  },
  { clientId: 'unused', clientSecret: 'unused' },
)
const answer = await b24.actions.v2.call.make({
  method: 'tasks.task.get',
  params: { taskId: sent.data.FIELDS_AFTER.ID },
})
console.log(
  JSON.stringify({
    event: sent.event,
    id: sent.data.FIELDS_AFTER.ID,
    title: answer.getData().result.task.title,
  }),
)
