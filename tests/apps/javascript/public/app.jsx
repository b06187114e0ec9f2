const list = document.getElementById("tickets");

function showNotice() {
  const params = new URLSearchParams(window.location.search);
  const notice = params.get("notice");
  if (notice) {
    // ruleid: javascript-dom-xss, javascript-inner-html
    list.innerHTML = "<p class='notice'>" + notice + "</p>";
  }
}

function showFilter() {
  const filter = window.location.hash.slice(1);
  // ok: javascript-dom-xss, javascript-inner-html
  list.textContent = "Filter: " + filter;
  const label = DOMPurify.sanitize(filter);
  // ok: javascript-dom-xss
  list.insertAdjacentHTML("afterbegin", label);
}

function Preview({ title }) {
  const draft = decodeURIComponent(window.location.hash.slice(1));
  return (
    <article>
      {/* ok: javascript-dom-xss */}
      <h2 title={draft}>{title}</h2>
      {/* ruleid: javascript-dom-xss */}
      <div dangerouslySetInnerHTML={{ __html: draft }} />
    </article>
  );
}
