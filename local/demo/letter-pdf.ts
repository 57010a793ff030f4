/** Pixels of the letterhead's picture along one side; a byte each. */
const side = 96;

/** A letterhead: a bridge over a canal in shades of grey. */
function drawBridge(): Buffer {
  const picture = Buffer.alloc(side * side);
  for (let y = 0; y < side; y += 1)
    for (let x = 0; x < side; x += 1) {
      const fromArch = Math.hypot(x - side / 2, (y - 0.7 * side) * 1.2) / side;
      const isWater = y > 0.7 * side;
      picture[y * side + x] = isWater
        ? 150 + ((x * 7 + y * 13) % 40)
        : fromArch < 0.3
          ? 245
          : fromArch < 0.42
            ? 70
            : 225;
    }
  return picture;
}

/** A text as a string of PDF's content streams; characters beyond Latin-1 are left out. */
function pdfString(text: string): string {
  return `(${text.replaceAll(/[^\x20-\xff]/g, '').replaceAll(/[\\()]/g, '\\$&')})`;
}

/** A letter of one page as PDF 1.4, with a picture as its letterhead: more than 8 KB, as letters are. */
export function makeLetterPdf(lines: readonly string[]): Buffer {
  const text = lines
    .map((line, index) => `${index === 0 ? '' : '0 -18 Td '}${pdfString(line)} Tj`)
    .join('\n');
  const content = `q 96 0 0 96 60 700 cm /Bridge Do Q\nBT /Serif 12 Tf 60 660 Td\n${text}\nET`;
  const stream = (dictionary: string, bytes: Buffer) =>
    Buffer.concat([
      Buffer.from(`<< ${dictionary} /Length ${bytes.length} >>\nstream\n`),
      bytes,
      Buffer.from('\nendstream'),
    ]);
  const objects: readonly Buffer[] = [
    Buffer.from('<< /Type /Catalog /Pages 2 0 R >>'),
    Buffer.from('<< /Type /Pages /Kids [3 0 R] /Count 1 >>'),
    Buffer.from(
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R ' +
        '/Resources << /Font << /Serif 5 0 R >> /XObject << /Bridge 6 0 R >> >> >>',
    ),
    stream('', Buffer.from(content, 'latin1')),
    Buffer.from('<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>'),
    stream(
      `/Type /XObject /Subtype /Image /Width ${side} /Height ${side} /ColorSpace /DeviceGray /BitsPerComponent 8`,
      drawBridge(),
    ),
  ];
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  const offsets: number[] = [];
  let length = parts[0]?.length ?? 0;
  for (const [index, object] of objects.entries()) {
    const written = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    offsets.push(length);
    parts.push(written);
    length += written.length;
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`;
  parts.push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}${trailer}`));
  return Buffer.concat(parts);
}
