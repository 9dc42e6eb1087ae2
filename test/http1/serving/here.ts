/** Scenarios with the server in this process. */
import { makeCertificate } from './certificate.ts'
import { type Certificate, serveScenario } from './host.ts'
import { Heard, type Theatre } from './scenario.ts'

let certificate: Certificate | null = null

export function ownCertificate(): Certificate {
  certificate ??= makeCertificate()
  return certificate
}

export const here: Theatre = {
  async stage(scenario) {
    const heard = new Heard()
    const server = await serveScenario(scenario, (what) => heard.hear(what), ownCertificate())
    return {
      port: server.port,
      told: (what) => heard.told(what),
      toldSoFar: () => heard.toldSoFar(),
      drain: async () => server.drain(),
      close: (graceMs) => server.close(graceMs),
      strike: async () => {
        // Who asked for a longer grace before is not waited for: the connections are gone by now.
        await server.close(0)
      },
    }
  },
}
