// model.chat: conversations as tokens, by the model's chat template.
import { java, kindOf, nearest } from "./host.js";
import { object, string } from "./checks.js";
import { rangeError, typeError } from "./mistakes.js";
import { optional, options } from "./options.js";
import { facts, strict } from "./strict.js";
import { Tokens, withPositions } from "./tokens.js";
import * as is from "./types.js";

const chats = java("chats");

const chatOptions = options("ChatOptions", {
  answer: optional(is.boolean, true),
  template: optional(is.string, null),
  bos: optional(is.boolean, true),
});

class ChatPositions {}
strict(ChatPositions);

/** Whether a model has a template of its own. */
export const hasChatTemplate = model => chats.hasTemplate(model);

/** Tokens of one conversation, an array of messages, or of several, with the positions of their messages. */
export function chat(model, given, options) {
  if (!Array.isArray(given) || given.length === 0) {
    throw typeError("chat takes an array of messages { role, content }, or an array of such arrays, "
      + `not ${kindOf(given)}`);
  }
  const several = Array.isArray(given[0]);
  const conversations = (several ? given : [given]).map((one, row) => messages(one, several ? ` of row ${row}` : ""));
  const made = chats.chat({ model, conversations, ...chatOptions(options, "chat") });
  const places = conversations.map((conversation, row) => {
    const of = role => Object.freeze(conversation.flatMap(
      (message, i) => message.role === role ? [Object.freeze(Array.from(made.content(row, i)))] : []));
    return facts(ChatPositions, {
      system: of("system"), user: of("user"), assistant: of("assistant"),
      after: Object.freeze(Array.from(made.after(row))),
    });
  });
  return withPositions(new Tokens(made.tokens()), several ? Object.freeze(places) : places[0]);
}

function messages(given, where) {
  if (!Array.isArray(given)) throw typeError(`the conversation${where} is an array of messages, not ${kindOf(given)}`);
  if (given.length === 0) throw rangeError(`the conversation${where} has no messages`);
  return given.map((message, i) => {
    const what = `message ${i}${where}`;
    object(message, `${what} is an object { role, content }`);
    for (const name of Object.keys(message)) {
      if (!["role", "content"].includes(name)) {
        throw typeError(`${what}: ${nearest("field", name, ["role", "content"])}`);
      }
    }
    return {
      role: string(message.role, `the role of ${what}`),
      content: string(message.content, `the content of ${what}`),
    };
  });
}
