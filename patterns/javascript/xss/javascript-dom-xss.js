const box = document.getElementById("box");

function greet() {
  const name = decodeURIComponent(window.location.hash.slice(1));
  // ruleid: javascript-dom-xss
  box.innerHTML = "Hello " + name;
  // ok: javascript-dom-xss
  box.textContent = "Hello " + name;
}

function showTab() {
  const params = new URLSearchParams(location.search);
  const tab = params.get("tab");
  // ruleid: javascript-dom-xss
  box.insertAdjacentHTML("beforeend", `<b>${tab}</b>`);
  // ok: javascript-dom-xss
  box.insertAdjacentHTML("beforeend", DOMPurify.sanitize(tab));
  // ok: javascript-dom-xss
  box.insertAdjacentText("beforeend", tab);
}

function comeBack() {
  let from = document.referrer;
  // ruleid: javascript-dom-xss
  document.write("<a href='" + from + "'>back</a>");
  from = "/start";
  // ok: javascript-dom-xss
  document.write("<a href='" + from + "'>start</a>");
}

function Banner() {
  const text = window.location.hash;
  // ruleid: javascript-dom-xss
  return <div dangerouslySetInnerHTML={{ __html: text }} />;
}

function SafeBanner() {
  const text = window.location.hash;
  // ok: javascript-dom-xss
  return <div title={text}>{text}</div>;
}

function showKind(list) {
  // ok: javascript-dom-xss
  list.innerHTML = "<p>" + typeof window.name + "</p>";
  // ok: javascript-dom-xss
  list.innerHTML = "<p>" + (location.hash === "#top") + "</p>";
}
