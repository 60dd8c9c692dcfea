/** The drawings of docs/architecture.md, each between its markers. */
import { FULL } from '../lib/support/every-stage.ts';
import { templatesOf } from '../lib/support/templates.ts';
import { drawRooms } from './draw-rooms.ts';
import { drawStage } from './draw-stage.ts';

/** Of a stage that has everything. @param root of the checkout */
export function drawings(root: string): Readonly<Record<string, string>> {
  return { rooms: drawRooms(root), ...drawStage(templatesOf(FULL).service) };
}

/** @throws where the page has no place for one of them */
export function withDrawings(page: string, drawn: Readonly<Record<string, string>>): string {
  return Object.entries(drawn).reduce((text, [name, chart]) => {
    const place = new RegExp(`(<!-- drawing: ${name} -->\\n)[\\s\\S]*?(<!-- /drawing -->)`);
    if (!place.test(text))
      throw new Error(`docs/architecture.md has no place for the drawing ${name}`);
    return text.replace(
      place,
      (_, begin, end) => `${begin}\`\`\`mermaid\n${chart}\n\`\`\`\n${end}`,
    );
  }, page);
}
