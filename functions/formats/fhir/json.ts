/** Any JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** True for an object, false for null and arrays. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why a body was refused; never quotes it. */
type JsonRefusal = 'malformed' | 'too-deep' | 'forbidden-key' | 'duplicate-key' | 'not-finite' | 'bad-text';

/** A parsed body, or why there is none. */
export type JsonResult =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly reason: JsonRefusal };

/** Keys that reach an object's prototype when it is copied carelessly; FHIR has no such element. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

const quote = 0x22;
const backslash = 0x5c;

/**
 * Parses JSON strictly: what two parsers could read differently is refused, and so is what could harm the reader.
 *
 * RFC 8259 leaves duplicate keys, lone surrogates and numbers beyond a double to the parser (I-JSON, RFC 7493,
 * forbids all three): a body that we read one way and the sender another must not enter a record.
 */
export function parseJsonBody(
  text: string,
  { maxDepth = 64 }: { readonly maxDepth?: number } = {},
): JsonResult {
  if (!text.isWellFormed()) return { ok: false, reason: 'bad-text' };
  const refusal = scan(text, maxDepth);
  if (refusal !== undefined) return { ok: false, reason: refusal };
  try {
    return { ok: true, value: JSON.parse(text) as JsonValue };
  } catch {
    return { ok: false, reason: 'malformed' };
  }
}

/**
 * Walks the text once, before JSON.parse builds anything from it. Whether the text is JSON at all is left to
 * JSON.parse: on text that is none, this only has to end.
 */
function scan(text: string, maxDepth: number): JsonRefusal | undefined {
  const keysAtDepth: Set<string>[] = [];
  const isObjectAtDepth: boolean[] = [];
  let depth = 0;
  let isKeyNext = false;
  let nextBackslash = indexOrEnd(text, '\\', 0);

  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      let end = text.indexOf('"', at + 1);
      let isEscaped = false;
      while (end !== -1 && nextBackslash < end) {
        isEscaped = true;
        // A backslash and the character after it belong together; the string may end only beyond them.
        const resume = nextBackslash + 2;
        if (end < resume) end = text.indexOf('"', resume);
        nextBackslash = indexOrEnd(text, '\\', resume);
      }
      if (end === -1) return 'malformed';
      if (isEscaped && hasLoneSurrogateEscape(text, at + 1, end)) return 'bad-text';
      if (isKeyNext) {
        const key = isEscaped ? decodeKey(text.slice(at, end + 1)) : text.slice(at + 1, end);
        if (key === undefined) return 'malformed';
        if (forbiddenKeys.has(key)) return 'forbidden-key';
        const keys = keysAtDepth[depth];
        if (keys?.has(key)) return 'duplicate-key';
        keys?.add(key);
        isKeyNext = false;
      }
      at = end;
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
      depth += 1;
      if (depth > maxDepth) return 'too-deep';
      const isObject = code === 0x7b;
      isObjectAtDepth[depth] = isObject;
      if (isObject) {
        const keys = keysAtDepth[depth];
        if (keys === undefined) keysAtDepth[depth] = new Set();
        else keys.clear();
      }
      isKeyNext = isObject;
    } else if (code === 0x7d /* } */ || code === 0x5d /* ] */) {
      if (depth === 0) return 'malformed';
      depth -= 1;
      isKeyNext = false;
    } else if (code === 0x2c /* , */) {
      isKeyNext = isObjectAtDepth[depth] === true;
    } else if (code === 0x2d /* - */ || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, at);
      // What is no number at all (1-2) is left to JSON.parse.
      if (Math.abs(Number(text.slice(at, end))) === Number.POSITIVE_INFINITY) return 'not-finite';
      at = end - 1;
    }
  }
  return undefined;
}

function indexOrEnd(text: string, sought: string, from: number): number {
  const index = text.indexOf(sought, from);
  return index === -1 ? text.length : index;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    const isPart =
      (code >= 0x30 && code <= 0x39) ||
      code === 0x2e /* . */ ||
      code === 0x65 /* e */ ||
      code === 0x45 /* E */ ||
      code === 0x2b /* + */ ||
      code === 0x2d; /* - */
    if (!isPart) break;
    end += 1;
  }
  return end;
}

function decodeKey(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

/** True when a \uD800–\uDFFF escape has no partner; the plain characters were checked before. */
function hasLoneSurrogateEscape(text: string, start: number, end: number): boolean {
  let isHighBefore = false;
  for (let at = start; at < end; at += 1) {
    if (text.charCodeAt(at) !== backslash) {
      if (isHighBefore) return true;
      continue;
    }
    const isUnicode = text[at + 1] === 'u';
    const unit = isUnicode ? Number.parseInt(text.slice(at + 2, at + 6), 16) : 0;
    const isHigh = unit >= 0xd800 && unit <= 0xdbff;
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    if (isLow !== isHighBefore) return true;
    isHighBefore = isHigh;
    at += isUnicode ? 5 : 1;
  }
  return isHighBefore;
}
