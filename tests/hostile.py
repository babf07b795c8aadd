"""Names and texts that a report must show as they are and that must never do anything in it."""

from __future__ import annotations

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "\"'><b onmouseover='alert(1)'>\"",
    "&lt;b&gt; &amp; &#60;",
    "{{ 7*7 }} {% raw %} ${7*7} #{7}",
    "</style><style>*{display:none}</style>",
    "url(http://127.0.0.1:9/x.png)",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
    'a,"b";c',
    "a;=1+1;@b;-c",
    "two\nlines\r\nand more",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "\x00\x01\x08\x0b\x7f\x85\x9b",
    "\u2028\u2029\u202etxt.exe\u2066",
    "]]> <![CDATA[ <!-- --> <?x?>",
    "\ufffe\uffff\x0c",
    "| a | b |\n|---|---|",
    "`code` ``` ~~~ **bold** _it_ [link](http://127.0.0.1:9/) ![i](x) # head",
    "@everyone #1 GH-1 <!-- x -->",
    "::error file=x::hello\n::set-output name=x::y",
    'sum by (le) (rate(x{a=~"b|c"}[5m])) > 0 \\ $__interval',
    "../../etc/passwd",
    "$\\alpha_{x}$ \\input{x} % $",
    "%s %d %n {0} {name}",
    "\ud800 lone \udfff",
    "日本語 العربية 🙂 e\u0301",
    "x" * 3000,
    "",
)
"""Markup, templates, styles, formulas, control and direction signs, XML, Markdown, workflow commands, PromQL, TeX,
formats, halves of surrogate pairs, scripts of the world, length, and nothing at all."""

READABLE = tuple(text for text in HOSTILE if text.isprintable() and text.strip())
"""Those that people can read as they stand: what a test can look for in a page."""

RECORDED = tuple(text for text in HOSTILE if text.encode("utf-8", "ignore").decode() == text)
"""Those that a record's JSON can hold: everything but half a surrogate pair."""
