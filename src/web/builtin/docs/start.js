/** Starts Swagger UI (docs/decisions/013) in the colour scheme of the system. */
const dark = matchMedia('(prefers-color-scheme: dark)')
const updateTheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', updateTheme)
updateTheme()
document.body.style.margin = '0'

const { SwaggerUIBundle } = /** @type {{ SwaggerUIBundle(options: object): void }} */ (/** @type {unknown} */ (window))
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#explorer', deepLinking: true, validatorUrl: null })
