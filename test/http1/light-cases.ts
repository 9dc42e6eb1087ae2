/** The behaviours in which light objects are compared with native ones. */
import { fetchCases } from './light/fetch-cases.ts'
import { headersCases } from './light/headers-cases.ts'
import { headersInitCases } from './light/headers-init-cases.ts'
import type { Case } from './light/kit.ts'
import { requestBodyCases } from './light/request-body-cases.ts'
import { requestCopyCases } from './light/request-copy-cases.ts'
import { requestLineCases } from './light/request-line-cases.ts'
import { requestShapeCases } from './light/request-shape-cases.ts'
import { requestFieldsCases, requestSignalCases } from './light/request-signal-cases.ts'
import { responseBodyCases } from './light/response-body-cases.ts'
import { responseHeadersCases, responseInitCases } from './light/response-init-cases.ts'
import { responsePassingCases } from './light/response-passing-cases.ts'
import { responseShapeCases } from './light/response-shape-cases.ts'
import { responseStaticCases } from './light/response-static-cases.ts'

export const lightCases: readonly Case[] = [
  ...headersCases,
  ...headersInitCases,
  ...responseInitCases,
  ...responseHeadersCases,
  ...responseStaticCases,
  ...responsePassingCases,
  ...responseShapeCases,
  ...responseBodyCases,
  ...requestLineCases,
  ...requestFieldsCases,
  ...requestSignalCases,
  ...requestBodyCases,
  ...requestCopyCases,
  ...requestShapeCases,
  ...fetchCases,
]
