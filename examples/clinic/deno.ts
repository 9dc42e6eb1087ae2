import { createApp } from 'galley'
import { serve } from 'galley/deno'
import { clinic } from './clinic.ts'

await serve((platform) => createApp(platform, clinic))
