import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ownFolder = fileURLToPath(new URL('./', import.meta.url));
const swaggerFolder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Every file below /docs, by its path; nothing else is served. */
const files: ReadonlyMap<string, { readonly file: string; readonly type: string }> = new Map([
  ['/docs', { file: path.join(ownFolder, 'index.html'), type: 'text/html; charset=utf-8' }],
  ['/docs/', { file: path.join(ownFolder, 'index.html'), type: 'text/html; charset=utf-8' }],
  ['/docs/init.js', { file: path.join(ownFolder, 'init.js'), type: 'text/javascript; charset=utf-8' }],
  ['/docs/page.css', { file: path.join(ownFolder, 'page.css'), type: 'text/css; charset=utf-8' }],
  [
    '/docs/swagger-ui.css',
    { file: path.join(swaggerFolder, 'swagger-ui.css'), type: 'text/css; charset=utf-8' },
  ],
  [
    '/docs/swagger-ui-bundle.js',
    { file: path.join(swaggerFolder, 'swagger-ui-bundle.js'), type: 'text/javascript; charset=utf-8' },
  ],
  ['/docs/favicon.png', { file: path.join(swaggerFolder, 'favicon-32x32.png'), type: 'image/png' }],
]);

/** The page may load its own files and ask this region, and nothing else: no other host, no inline script. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the API's documentation below /docs, offline and from files of this project alone. */
export function serveDocs(request: IncomingMessage, response: ServerResponse): void {
  const [pathname = ''] = (request.url ?? '').split('?');
  const found = files.get(pathname);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  response.setHeader('Content-Security-Policy', contentSecurityPolicy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
  if (!found || !isRead) {
    response.writeHead(found ? 405 : 404, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(
      found ? 'Only GET is served here.\n' : 'There is no such page: the documentation is at /docs.\n',
    );
    return;
  }
  const body = readFileSync(found.file);
  response.writeHead(200, { 'Content-Type': found.type, 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}
