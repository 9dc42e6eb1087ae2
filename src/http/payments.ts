/** Rate limit units that a long request pays while it runs. */
import type { AdmissionControl } from '../limits/admission-control.ts'
import type { Payments } from '../request/context.ts'
import { pay } from './charged-body.ts'

export function createPayments(control: Pick<AdmissionControl, 'arrive' | 'take'>): Payments {
  return {
    pay: ({ identity, peer }, units, cancelled) =>
      pay(
        units,
        (taken) => {
          control.arrive()
          return control.take(identity, peer, taken)
        },
        cancelled,
      ),
  }
}
