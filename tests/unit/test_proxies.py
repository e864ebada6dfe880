"""Which hosts NO_PROXY names, and which proxy the environment wants."""

from __future__ import annotations

import pytest

from nbstream.transport.proxies import certificate_variables, is_bypassed, proxy_for, proxy_of


@pytest.mark.parametrize(
    ("url", "no_proxy", "bypassed"),
    [
        ("http://api.corp.example/v1", "corp.example", True),
        ("http://api.corp.example/v1", ".corp.example", True),
        ("http://api.corp.example/v1", "*.corp.example", True),
        ("http://api.corp.example./v1", "API.CORP.example", True),
        ("http://api.corp.example/v1", "other.example, api.corp.example", True),
        ("http://notcorp.example/v1", "corp.example", False),
        ("http://corp.example:8080/v1", "corp.example:8080", True),
        ("http://corp.example/v1", "corp.example:80", True),
        ("https://corp.example/v1", "corp.example:80", False),
        ("http://corp.example/v1", "http://corp.example", True),
        ("http://anything/v1", "*", True),
        ("http://10.1.2.3/v1", "10.0.0.0/8", True),
        ("http://11.1.2.3/v1", "10.0.0.0/8", False),
        ("http://[fe80::1]/v1", "fe80::/10", True),
        ("http://[::1]/v1", "::1/128", True),
        ("http://[::1]/v1", "[::1]", True),
        ("http://[::1]:8080/v1", "[::1]:8080", True),
        ("http://[::1]/v1", "[::1]:8080", False),
        ("http://[::2]/v1", "::1", False),
        ("http://api.example/v1", "::1/128,[::1],fe80::/10,%,:,[,10.0.0.0/99", False),
        ("http://api.example/v1", "", False),
        ("http://api.example/v1", " , ,", False),
    ],
)
def test_no_proxy(url: str, no_proxy: str, bypassed: bool) -> None:
    assert is_bypassed(url, no_proxy) is bypassed


def test_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert proxy_for("http://a.example/v1") is None
    monkeypatch.setenv("ALL_PROXY", "http://all:1")
    monkeypatch.setenv("HTTPS_PROXY", "secure:2")
    monkeypatch.setenv("NO_PROXY", "here.example")
    assert proxy_for("http://a.example/v1") == "http://all:1"
    assert proxy_for("https://a.example/v1") == "http://secure:2"
    assert proxy_for("https://here.example/v1") is None


def test_of_certificates_those_are_named_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", "/")
    assert certificate_variables() == "SSL_CERT_DIR (/)"
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    assert certificate_variables() == "SSL_CERT_FILE (/no/such/file.pem)"


@pytest.mark.parametrize("scheme", ["", "http://", "socks5://"])
def test_a_proxy_is_named_without_its_password(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, f"{scheme}user:hunt/er@22@proxy.example:3128")

    class ProxyError(Exception):
        pass

    assert proxy_of([ProxyError()]) == f"the proxy {scheme}proxy.example:3128 (all_proxy)"
