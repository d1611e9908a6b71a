import { Webhook } from 'svix'
import { itIsASource, post } from './contract.ts'

const body =
  '{"data":{"id":"user_29w83sxmDNGwOuEthce5gg56FcC"},"object":"event","type":"user.created"}'

const signed = (secret: string, timeS: number) =>
  post(body, {
    'svix-id': 'msg_1',
    'svix-timestamp': String(timeS),
    'svix-signature': new Webhook(secret).sign('msg_1', new Date(timeS * 1000), body),
  })

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const signature = 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

itIsASource({
  provider: 'clerk',
  sign: signed,
  secrets: [secret, 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'],
  proofHeader: 'svix-signature',
  signedHeaders: ['svix-id', 'svix-timestamp'],
  malformed: [signature, `v2,${signature}`, 'v1,'],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'user.created', dedupeKey: 'msg_1' },
})
