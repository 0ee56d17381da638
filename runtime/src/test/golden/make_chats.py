"""Writes src/test/resources/chat/chats.json: the text that transformers renders for conversations by the chat templates
in src/test/resources/chat/templates, or the message with which a template refuses one; and what short templates, which use the language's parts, render.

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


SNIPPETS = r"""
a\n  {% if true %}\n  b\n  {% endif %}\nc\n
a\n  {%- if true -%}\n  b\n  {%- endif -%}\n  c
a\n  {%+ if true %}\n  b\n  {% endif +%}\nc
  {{ 1 }}\n  {{- 2 }}\n {{ 3 -}} \n 4
  {# c #}  \n{#- c -#}\n x {# {{ y }} #} z
  {% set x = 1 %}  {% set y = 2 %}  \n  {% set z = 3 %}\n\n  {{ x }}
{% raw %} {{ x }} {% if %}{% endraw %}\n|  {%- raw -%}  {{ y }}  {%- endraw -%}  |
\n\n{{ 1 }}\n\n
a\r\n{% if true %}\r\nb{% endif %}\rc
{{ 'a\tb\\n\'"\x41\u00e9\q' }}{{ "d'\n" 'e' }}
{{ 1 + 2 * 3 - 4 // 3 % 2 ** 2 }} {{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 1.5 + 1 }} {{ 1e3 }} {{ 0.1 + 0.2 }}
{{ 'a' ~ 1 ~ none ~ true ~ 2.0 }} {{ 'ab' * 3 }} {{ [1, 2] + [3] }}
{{ not x is defined }} {{ x is not defined }} {{ not true or true and false }} {{ 1 is odd }} {{ 'a' is string and 1 is number }}
{{ '' != false }} {{ '' == false }} {{ 0 == false }} {{ 1 == true }} {{ none == false }} {{ '1' == 1 }} {{ [] == () }} {{ {} == {} }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ 'a' in 'cat' }} {{ 'x' not in ['x'] }} {{ 'role' in messages[0] }} {{ not 'x' in 'abc' }}
{{ 'yes' if messages else 'no' }} {{ 'a' if false }}| {{ 1 if 0 else 2 if 0 else 3 }} {{ x or 'd' }} {{ '' and 1 }}|
{{ messages[-1].content }} {{ messages[99] }}| {{ messages[0]['nope'] }}| {{ messages[0].nope is defined }}
{{ messages[1:][0].role }} {{ messages[::-1][0].content }} {{ 'hello'[1:-1] }} {{ 'hello'[::-2] }} {{ 'hello'[-3:] }} {{ 'hello'[:2] }} {{ 'hello'[7:] }}|
{{ messages[0] }} {{ [1, 'a', "it's", none, true, 1.0] }} {{ {'a': {'b': [1]}} }} {{ (1, 2)[0] }}
{{ 'a b  c'.split() }} {{ 'a,b,,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b c'.rsplit(' ', 1) }} {{ ' a b '.split(' ') }} {{ 'a\nb\n'.splitlines() }}
[{{ '  a '.strip() }}] [{{ 'xxaxx'.strip('x') }}] [{{ '\n a\n'.lstrip('\n') }}] [{{ ' a '.rstrip() }}] {{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }}
{{ 'Hello World'.upper() }} {{ 'ÀB'.lower() }} {{ 'hello world'.title() }} {{ 'hELLO'.capitalize() }} {{ 'aXbX'.replace('X', '-', 1) }} {{ 'abcabc'.find('c') }} {{ 'aa'.count('a') }} {{ ','.join(['a', 'b']) }}
{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %} {{ messages[0].keys() | list }} {{ messages[0].get('x', 'd') }} {{ messages[0] | items | list | length }}
{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem is defined }}{{ loop.nextitem.role }} {% endfor %}
{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m.content }}{% if not loop.last %},{% endif %}{% else %}none{% endfor %}
{% for m in [] %}x{% else %}none{% endfor %}{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for i in range(2) %}{% for j in 'ab' %}{{ i }}{{ j }}{{ loop.depth }}{{ loop.cycle('x', 'y') }} {% endfor %}{% endfor %}{{ range(5, 0, -2) | list }}
{% set x = 1 %}{% for i in range(2) %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 7 %}{% endif %}{{ x }}
{% set ns = namespace(a=1, b='x') %}{% for i in range(3) %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}
{% set a, b = 1, 'z' %}{{ a }}{{ b }}{% set c %} block {{ a }} {% endset %}[{{ c }}]{% set d | trim | upper %} up {% endset %}[{{ d }}]
{% macro f(a, b=2) %}{{ a }}-{{ b }}{{ c }}{% endmacro %}{% set c = 'G' %}{{ f(1) }} {{ f('x', b='y') }} {{ f(b=1, a=3) }}|{{ f() }}
{% filter upper %}a{{ 'b' }}{% endfilter %} {{ 'x' | default('y') }} {{ nope | default('y') }} {{ '' | default('y', true) }} {{ none | d('z') }}
{{ ' a '|trim ~ '|' }} {{ -1|abs }} {{ 'ab'|length + 1 }} {{ messages|length % 2 == 1 }} {{ 'a'|upper|lower }} {{ '12'|int + 1 }} {{ 'x'|int(5) }} {{ '1.5'|float }}
{{ messages | map(attribute='role') | join(', ') }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | rejectattr('role', '==', 'user') | map(attribute='content') | list }}
{{ [3, 1, 2] | sort }} {{ [3, 1, 2] | sort(reverse=true) | first }} {{ ['b', 'A'] | sort }} {{ [1, 2, 1] | unique | list }} {{ [1, 2] | sum }} {{ [1, 5, 2] | max }} {{ 'abc' | reverse }} {{ [1, 2] | last }}
{{ [1, 0, '', 'a'] | select | list }} {{ [1, 2, 3] | select('odd') | list }} {{ ['a', 'b'] | reject('equalto', 'a') | list }} {{ ['a', 'b'] | map('upper') | list }} {{ 'a' | list }}
{{ {'a': 1, 'b': [1, 2.5, none, true, 'é"\n<&>']} | tojson }} {{ 'x' | tojson }} {{ [] | tojson }} {{ {} | tojson(indent=2) }}
{{ {'b': 1, 'a': {'c': [1, {}]}} | tojson(indent=4) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ [1, 2] | tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2} | dictsort }}
{{ 'a\nb\n\nc' | indent(2) }}|{{ 'a\nb' | indent(2, true) }}|{{ 'l' | indent }}
{{ none }} {{ true }} {{ nope }}| {{ 1.0 }} {{ 1e20 }} {{ 1.5e-7 }} {{ 100000000000000000.0 }} {{ [none] }}
{{ x is none }} {{ none is none }} {{ messages is iterable }} {{ messages[0] is mapping }} {{ 'a' is iterable }} {{ 1 is integer }} {{ 1.0 is float }} {{ true is boolean }} {{ 4 is divisibleby 2 }} {{ 'a' is in ['a'] }} {{ 2 is eq 2 }} {{ messages is sequence }} {{ false is false }}
{% if messages[0].role == 'system' and (messages|length) > 1 %}s{% elif messages[0]['role'] in ['user', 'x'] %}u{% else %}o{% endif %}
{{ bos_token + messages[0]['content'] | trim + eos_token }} {{ (bos_token ~ 'x') | length }} {{ {'a': 1}.a }} {{ {'a': 1}['a'] }} {{ [[1, 2], [3]][0][1] }}
{{ dict(a=1, b=2) }} {{ namespace is defined }} {{ raise_exception is defined }} {{ 'ab'.nope is defined }} {{ ['a']|join }} {{ [1, none, 'x']|join('-') }}
{% generation %}x{% endgeneration %}
{%- generation -%} y {%- endgeneration %} z
{{ '%' }} {{ '}}' }} {{ "{%" }} {{ {'}': '}}'} }}
{{ nope.x }}
{{ nope + 'a' }}
{{ none.x }}|{{ none.x is defined }}
{{ 'a' + 1 }}
{{ messages.nope.x }}
{{ nope() }}
{% for a in 5 %}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{% endfor %}
{% set messages.x = 1 %}
{{ raise_exception('it\'s so') }}
{{ messages[0].content.nope() }}
{{ [1, 2] < [1, 3] }} {{ 'a' < 1 }}
{{ none | length }}
{{ none | trim }} {{ 5 | string + 'x' }} {{ 5 | upper }} {{ [1] | string }}
{{ 1 / 0 }}
""".strip("\n").split("\n")


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
    snippets = []
    for line in SNIPPETS:
        source = line.replace(r"\r", "\r").replace(r"\n", "\n")
        snippet = {"source": source}
        try:
            snippet["text"] = render_jinja_template([messages(TALKS["system turns"])], chat_template=source, bos_token="<s>",
                                                    eos_token="</s>", add_generation_prompt=True)[0][0]
        except (jinja2.exceptions.TemplateError, TypeError, ValueError, ZeroDivisionError) as refused:
            snippet["refused"] = str(refused)
        snippets.append(snippet)
    talks = {name: messages(talk) for name, talk in TALKS.items()}
    (folder / "chats.json").write_text(json.dumps({"talks": talks, "cases": cases, "snippets": snippets}, ensure_ascii=False, indent=0) + "\n")
    print(len(cases), "cases and", len(snippets), "snippets")


main(Path(sys.argv[1]))
