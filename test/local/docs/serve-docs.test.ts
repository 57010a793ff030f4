import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveDocs } from '../../../local/docs/serve-docs.ts';

let server: Server;
let origin: string;
beforeAll(async () => {
  server = createServer(serveDocs);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe('the documentation pages', () => {
  test('every file that the page names is served from here, and none from elsewhere', async () => {
    const page = await (await fetch(`${origin}/docs`)).text();
    const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(named.length).toBeGreaterThan(3);
    for (const url of named) {
      expect(url).toMatch(/^\/docs\//);
      const response = await fetch(`${origin}${url}`);
      expect(response.status).toBe(200);
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0);
    }
    expect(page).not.toMatch(/<script>|<style|\son\w+=|style="/);
  });

  test('the initialiser asks this region alone, and switches the validator badge off', async () => {
    const script = await (await fetch(`${origin}/docs/init.js`)).text();
    expect(script).toContain("url: '/FHIR/R4/openapi.json'");
    expect(script).toContain('validatorUrl: null');
    expect(script).not.toMatch(/https?:\/\//);
  });

  test('the style sheets load nothing from another host', async () => {
    for (const sheet of ['swagger-ui.css', 'page.css']) {
      const css = await (await fetch(`${origin}/docs/${sheet}`)).text();
      const loaded = [...css.matchAll(/url\(["']?([^"')]+)/g)].map(([, url]) => url ?? '');
      expect(loaded.filter((url) => !url.startsWith('data:'))).toEqual([]);
      expect(css).not.toContain('@import');
    }
  });

  test('the policy lets the page reach nothing but this origin', async () => {
    const { headers } = await fetch(`${origin}/docs`);
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each([
    '/docs/../package.json',
    '/docs/%2e%2e/package.json',
    '/docs/index.html.bak',
    '/docs/absolute-path.js',
  ])('%s is not there', async (path) => {
    expect((await fetch(`${origin}${path}`)).status).toBe(404);
  });

  test('only reading is served', async () => {
    expect((await fetch(`${origin}/docs`, { method: 'POST' })).status).toBe(405);
    const head = await fetch(`${origin}/docs`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });
});
