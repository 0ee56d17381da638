"""Writes src/test/resources/chat/chats.json: the text that transformers renders for conversations by the chat templates
in src/test/resources/chat/templates, or the message with which a template refuses one.

    pip install transformers==5.24.0 jinja2==3.1.6
    python make_chats.py ../resources/chat
"""
import json, sys
from pathlib import Path
import jinja2
from transformers.utils.chat_template_utils import render_jinja_template

CODE = "def f(x):\n    return {'a': {x}, \"b\": [x[1:], {{x}}]}\n\t# {% if x %}{{ x }}{% endif %} {# no comment #}\n"
UNICODE = "Où est Việt Nam ? 東京 👩‍👧 e\u0301 \u00a0‘quotes’ \u2028 \u200b שלום"
TALKS = {
    "user": [("user", "Hello")],
    "system": [("system", "You are a helpful assistant."), ("user", "Hi there!")],
    "turns": [("user", "Hi"), ("assistant", "Hello!"), ("user", "How are you?"), ("assistant", "Fine."), ("user", "Bye")],
    "system turns": [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!"), ("user", "Who are you?")],
    "answered": [("user", "Hi"), ("assistant", "Hello!")],
    "unicode": [("system", UNICODE), ("user", UNICODE[::-1]), ("assistant", UNICODE)],
    "spaces": [("system", "  \n be kind \t\n"), ("user", "  leading\n\n"), ("assistant", "\n\n answer  "), ("user", "\ttrailing \n ")],
    "empty": [("user", ""), ("assistant", ""), ("user", "")],
    "empty system": [("system", ""), ("user", "Hi")],
    "code": [("user", CODE), ("assistant", "```python\n" + CODE + "```"), ("user", "{{ raise_exception('x') }} {% raw %}")],
    "backslashes": [("user", "a\\nb \\' \\\" \\\\ \\{ \\u0041 \"quoted\" 'single' $1 \\1 %s & <b>")],
    "repeats": [("user", "a"), ("assistant", "a"), ("user", "a"), ("assistant", "user"), ("user", "<|im_start|>")],
    "thinking": [("user", "1+1"), ("assistant", "<think>\nadd\n</think>\n\n2"), ("user", "2+2"), ("assistant", "<think>\nsum\n</think>\n\n4")],
    "think last": [("user", "1+1"), ("assistant", "\n<think>\nadd\n</think>\n\n2")],
    "tool words": [("user", "<tool_response>x</tool_response>"), ("assistant", "ok"), ("user", "next")],
    "two users": [("user", "Hi"), ("user", "there")],
    "assistant first": [("assistant", "Hi"), ("user", "there")],
    "late system": [("user", "Hi"), ("system", "Be brief."), ("user", "there")],
    "tool": [("user", "Hi"), ("assistant", "calling"), ("tool", "{\"x\": [1, 2.5, null]}"), ("user", "so?")],
    "unknown role": [("critic", "Hi")],
    "long": [("user" if i % 2 == 0 else "assistant", f"message {i}") for i in range(41)],
}


def messages(talk):
    return [{"role": role, "content": content} for role, content in talk]


def main(folder):
    cases = []
    for template in sorted((folder / "templates").glob("*.jinja")):
        source = template.read_bytes().decode()
        for name, talk in TALKS.items():
            for answer in (True, False):
                case = {"template": template.stem, "talk": name, "answer": answer}
                try:
                    case["text"] = render_jinja_template([messages(talk)], chat_template=source, bos_token="<s>",
                                                         eos_token="</s>", add_generation_prompt=answer)[0][0]
                except jinja2.exceptions.TemplateError as refused:
                    case["refused"] = str(refused)
                cases.append(case)
    talks = {name: messages(talk) for name, talk in TALKS.items()}
    (folder / "chats.json").write_text(json.dumps({"talks": talks, "cases": cases}, ensure_ascii=False, indent=0) + "\n")
    print(len(cases), "cases")


main(Path(sys.argv[1]))
