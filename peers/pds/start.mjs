// Starts a did:plc directory (in memory) and a real Bluesky PDS (SQLite in a temporary folder) for contract tests.
//
//   PDS_PORT=2593 PLC_PORT=2592 DATA=/tmp/some-folder node start.mjs
//
// Prints one JSON line when both listen: {"pds":"http://localhost:2593","plc":"http://localhost:2592"}.
// Port 0 is not possible for the PDS: its issuer is its own address, which it must know before it listens.
// Both servers listen on all interfaces, so run this only where nothing outside can reach the machine.
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const pdsPort = Number(process.env.PDS_PORT ?? 2593)
const plcPort = Number(process.env.PLC_PORT ?? 2592)
const data = process.env.DATA ?? mkdtempSync(join(tmpdir(), 'fanfare-pds-'))
mkdirSync(join(data, 'blobs'), { recursive: true })

const hex = (bytes) => randomBytes(bytes).toString('hex')
// The PDS reads its settings from the environment; what is set outside wins.
const settings = {
  PDS_HOSTNAME: 'localhost',
  PDS_PORT: String(pdsPort),
  PDS_DEV_MODE: 'true',
  PDS_DATA_DIRECTORY: data,
  PDS_BLOBSTORE_DISK_LOCATION: join(data, 'blobs'),
  PDS_DID_PLC_URL: `http://localhost:${plcPort}`,
  PDS_INVITE_REQUIRED: 'false',
  PDS_DISABLE_SSRF_PROTECTION: 'true',
  PDS_RATE_LIMITS_ENABLED: process.env.RATE_LIMITS ?? 'true',
  PDS_JWT_SECRET: hex(16),
  PDS_ADMIN_PASSWORD: hex(16),
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: hex(32),
  PDS_DPOP_SECRET: hex(32),
  LOG_ENABLED: process.env.LOG_ENABLED ?? 'false',
}
for (const [name, value] of Object.entries(settings)) process.env[name] ??= value
process.env.PDS_PORT = String(pdsPort)

const { Database, PlcServer } = await import('@did-plc/server')
const { PDS, envToCfg, envToSecrets, readEnv } = await import('@atproto/pds')

const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
await plc.start()
const env = readEnv()
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()

console.log(JSON.stringify({ pds: `http://localhost:${pdsPort}`, plc: `http://localhost:${plcPort}` }))

let ending = false
const end = async () => {
  if (ending) return
  ending = true
  await Promise.allSettled([pds.destroy(), plc.destroy()])
  process.exit(0)
}
process.on('SIGTERM', end)
process.on('SIGINT', end)
