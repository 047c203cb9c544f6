/*
 * The API reference for people. Script and styles are files of our own origin, so that the page needs no other host and its policy
 * no inline script.
 */

const BASE = '/authlance/docs'

export const REFERENCE_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Authlance API</title>
<link rel="stylesheet" href="${BASE}/swagger-ui.css">
<link rel="icon" type="image/png" sizes="32x32" href="${BASE}/favicon-32x32.png">
<link rel="icon" type="image/png" sizes="16x16" href="${BASE}/favicon-16x16.png">
</head>
<body>
<main id="reference"><noscript>This page needs JavaScript; <a href="/authlance/openapi.json">the document</a> does not.</noscript></main>
<script src="${BASE}/swagger-ui-bundle.js"></script>
<script src="${BASE}/start.js"></script>
</body>
</html>
`

/** Starts Swagger UI; it neither sends the document to a validator nor keeps a token that somebody typed in. */
export const REFERENCE_SCRIPT = `SwaggerUIBundle({
  url: '/authlance/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  persistAuthorization: false,
  showExtensions: true,
  validatorUrl: 'none',
})
`

/** Files of Swagger UI that the page loads; everything else in its package is absent. */
export const REFERENCE_ASSETS: ReadonlySet<string> = new Set([
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
])

/** Swagger UI draws its icons from data URLs. */
export const REFERENCE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
