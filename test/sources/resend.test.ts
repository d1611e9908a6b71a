import { Webhook } from 'svix'
import { itIsASource, post } from './contract.ts'

const body =
  '{"type":"email.bounced","created_at":"2023-02-22T23:41:12.126Z","data":{"email_id":"56761188"}}'

const signed = (secret: string, timeS: number) =>
  post(body, {
    'svix-id': 'msg_1',
    'svix-timestamp': String(timeS),
    'svix-signature': new Webhook(secret).sign('msg_1', new Date(timeS * 1000), body),
  })

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const signature = 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

itIsASource({
  provider: 'resend',
  sign: signed,
  secrets: [secret, 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'],
  proofHeader: 'svix-signature',
  signedHeaders: ['svix-id', 'svix-timestamp'],
  malformed: [signature, `v2,${signature}`, 'v1,'],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'email.bounced', dedupeKey: 'msg_1' },
})
