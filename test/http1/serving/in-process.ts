/** Scenarios with the server in this process. */
import { makeCertificate } from './certificate.ts'
import { Reports, type ScenarioHost } from './scenario.ts'
import { type Certificate, serveScenario } from './serve-scenario.ts'

let certificate: Certificate | null = null

export function ownCertificate(): Certificate {
  certificate ??= makeCertificate()
  return certificate
}

export const inProcess: ScenarioHost = {
  async start(scenario) {
    const reports = new Reports()
    const server = await serveScenario(scenario, (what) => reports.add(what), ownCertificate())
    return {
      port: server.port,
      reportOf: (what) => reports.reportOf(what),
      reported: () => reports.reported(),
      drain: async () => server.drain(),
      close: (graceMs) => server.close(graceMs),
      stop: async () => {
        // No grace period is needed, because the connections have closed by now.
        await server.close(0)
      },
    }
  },
}
