// `drive_baileys.mjs ROOT SECONDS`: Baileys connects as it is; ROOT (hex) is pinned instead of its
// own unless it is "-". It has to lie beside the node_modules that has Baileys.
//
// Baileys asks curve25519-js for a verdict about each signature and does not look at it where it
// wants an exception: `verify` is made to throw, so that the certificate check is a real one.
import { createRequire } from 'module'
import { initAuthCreds, makeWASocket } from 'baileys'
import { WA_CERT_DETAILS } from 'baileys/lib/Defaults/index.js'

const curve = createRequire(import.meta.url)('curve25519-js')
const verify = curve.verify
curve.verify = (...values) => {
  if (!verify(...values)) throw new Error('bad signature')
  return true
}

const [root, seconds] = process.argv.slice(2)
if (root !== '-') WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root, 'hex')

const said = (level) => (object, text) => {
  const fault = object?.err ?? object?.error
  console.error(level, text ?? '', fault?.message ?? (typeof object === 'string' ? object : ''))
}
const logger = {
  level: 'debug',
  child: () => logger,
  trace: () => {},
  debug: said('debug'),
  info: said('info'),
  warn: said('warn'),
  error: said('error'),
}
const stored = {}
const keys = {
  get: async (type, ids) => Object.fromEntries(ids.map((id) => [id, stored[type + id]])),
  set: async (data) => {
    for (const type in data) for (const id in data[type]) stored[type + id] = data[type][id]
  },
}
const socket = makeWASocket({ auth: { creds: initAuthCreds(), keys }, logger })
socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
  console.error('connection', connection, lastDisconnect?.error?.message ?? '')
  if (connection === 'close') setTimeout(() => process.exit(0), 200)
})
setTimeout(() => process.exit(0), 1000 * Number(seconds))
