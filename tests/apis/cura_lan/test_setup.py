"""The downloads that point a Cura's account and cloud to this yard, run in the layout that Cura's modules have."""

import ast
import io
import json
import subprocess
import sys
import textwrap
import zipfile

import pytest
from tests.apis.cura_lan.conftest import bench_in

SITECUSTOMIZE, PACKAGE = "/cura/setup/sitecustomize.py", "/cura/setup/PrintyardCloud.curapackage"
PLUGIN = "files/plugins/PrintyardCloud"
YARD = "http://yard.example:7200"

CURA = {
    "cura/__init__.py": "",
    "cura/CuraVersion.py": """
        CuraAppName = "cura"
        CuraVersion = "4.13.0"
        CuraCloudAPIRoot = ""
        CuraCloudAPIVersion = ""
        CuraCloudAccountAPIRoot = ""
        CuraMarketplaceRoot = ""
        CuraDigitalFactoryURL = ""
    """,
    "cura/UltimakerCloud/__init__.py": "",
    "cura/UltimakerCloud/UltimakerCloudConstants.py": """
        try:
            from cura.CuraVersion import CuraCloudAPIRoot, CuraCloudAccountAPIRoot, CuraDigitalFactoryURL
        except ImportError:
            CuraCloudAPIRoot = CuraCloudAccountAPIRoot = CuraDigitalFactoryURL = ""
        CuraCloudAPIRoot = CuraCloudAPIRoot or "https://api.vendor.example"
        CuraCloudAccountAPIRoot = CuraCloudAccountAPIRoot or "https://account.vendor.example"
        CuraDigitalFactoryURL = CuraDigitalFactoryURL or "https://factory.vendor.example"
    """,
    "cura/OAuth2/__init__.py": "",
    "cura/OAuth2/AuthorizationService.py": """
        MYCLOUD_LOGOFF_URL = "https://account.vendor.example/logoff?utm_source=cura"

        class AuthorizationService:
            def __init__(self, settings):
                self._settings = settings
                self._auth_helpers = Helpers(settings)
                self._auth_url = settings.OAUTH_SERVER_URL + "/authorize"

        class Helpers:
            def __init__(self, settings):
                self._settings = settings
                self._token_url = settings.OAUTH_SERVER_URL + "/token"
    """,
    "cura/API.py": """
        from cura.OAuth2.AuthorizationService import AuthorizationService
        from cura.UltimakerCloud import UltimakerCloudConstants

        class Settings:
            def __init__(self, root):
                self.OAUTH_SERVER_URL = root
                self.AUTH_SUCCESS_REDIRECT = root + "/app/auth-success"
                self.CALLBACK_URL = "http://localhost:32118/callback"

        class Account:
            def __init__(self):
                self._oauth_root = UltimakerCloudConstants.CuraCloudAccountAPIRoot
                self._oauth_settings = Settings(self._oauth_root)
                self._authorization_service = AuthorizationService(self._oauth_settings)
    """,
    "UM/__init__.py": "",
    "UM/Logger.py": """
        class Logger:
            @staticmethod
            def log(level, text, *values):
                print(text % values)
    """,
    "UM/Extension.py": "class Extension: pass",
    "plugins/Network/plugin.json": "{}",
    "plugins/Network/__init__.py": """
        from cura.UltimakerCloud import UltimakerCloudConstants as Constants

        class Client:
            ROOT_PATH = Constants.CuraCloudAPIRoot
            CLUSTER_API_ROOT = ROOT_PATH + "/connect/v1"
            OTHER = "https://api.vendor.example.org/elsewhere"
    """,
}
"""Cura's modules, as far as addresses are made in them; the vendor's are not the real ones."""

AFTER = """
    import json
    from cura import CuraVersion
    from cura.API import Account
    from cura.OAuth2 import AuthorizationService as service
    from cura.UltimakerCloud import UltimakerCloudConstants as constants
    account = Account()
    print(json.dumps({
        "api": constants.CuraCloudAPIRoot, "account": constants.CuraCloudAccountAPIRoot,
        "factory": constants.CuraDigitalFactoryURL, "logoff": service.MYCLOUD_LOGOFF_URL,
        "authorize": account._authorization_service._auth_url, "app": getattr(CuraVersion, "CuraAppName", None),
        "token": account._authorization_service._auth_helpers._token_url,
    }))
"""
REDIRECTED = {
    "api": YARD, "account": f"{YARD}/account", "factory": YARD, "logoff": f"{YARD}/account/logoff",
    "authorize": f"{YARD}/account/authorize", "token": f"{YARD}/account/token",
}  # fmt: skip


@pytest.fixture
def cura(tmp_path):
    """A folder with a Cura in it."""
    for name, text in CURA.items():
        (tmp_path / "cura" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cura" / name).write_text(textwrap.dedent(text))
    return tmp_path / "cura"


def run(program, *folders):
    """What a program prints last in a Python of its own, with these folders in PYTHONPATH."""
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env={"PYTHONPATH": ":".join(map(str, folders))},
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


@pytest.fixture
async def script(tmp_path):
    """The folder into which somebody has put the script."""
    async with bench_in(tmp_path, public_url=YARD) as bench:
        answer = await bench.guest.http.get(SITECUSTOMIZE)
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "sitecustomize.py").write_bytes(answer.content)
    return folder


@pytest.fixture
async def package(tmp_path):
    async with bench_in(tmp_path, public_url=YARD) as bench:
        answer = await bench.guest.http.get(PACKAGE)
    return zipfile.ZipFile(io.BytesIO(answer.content))


# -- the script


async def test_the_script_points_cura_here(cura, script):
    """GET /cura/setup/sitecustomize.py"""
    before = json.loads(run(AFTER, cura)[-1])
    assert before["authorize"] == "https://account.vendor.example/authorize"
    assert json.loads(run(AFTER, script, cura)[-1]) == REDIRECTED | {"app": "cura"}, "and its other values stay"


async def test_a_cura_without_a_version_file_is_redirected_too(cura, script):
    """A checkout has none: each of its other values then has a fallback of its own."""
    (cura / "cura" / "CuraVersion.py").unlink()
    assert json.loads(run(AFTER, script, cura)[-1]) == REDIRECTED | {"app": None}


async def test_the_sitecustomize_of_the_system_runs_as_well(cura, script, tmp_path):
    other = tmp_path / "system"
    other.mkdir()
    (other / "sitecustomize.py").write_text("print('the other one')")
    said = run(AFTER, script, cura, other)
    assert said[0] == "the other one"
    assert json.loads(said[-1])["api"] == YARD


async def test_other_programs_are_left_alone(script):
    assert run("import json, email; print(json.dumps(1))", script) == ["1"]


async def test_what_asks_for_a_modules_source_gets_it(cura, script):
    """Tools such as inspect and linecache ask its loader."""
    program = "import inspect, cura.CuraVersion as it; print('CuraAppName' in inspect.getsource(it), it.__spec__.name)"
    assert run(program, script, cura) == ["True cura.CuraVersion"]


# -- the plugin


async def test_the_package_has_the_form_that_cura_installs(package):
    """GET /cura/setup/PrintyardCloud.curapackage"""
    assert set(package.namelist()) == {"package.json", f"{PLUGIN}/plugin.json", f"{PLUGIN}/__init__.py"}
    info = json.loads(package.read("package.json"))
    assert (info["package_id"], info["package_type"]) == ("PrintyardCloud", "plugin")
    assert {"display_name", "package_version", "sdk_version", "sdk_version_semver", "author"} <= set(info)
    plugin = json.loads(package.read(f"{PLUGIN}/plugin.json"))
    assert plugin["supported_sdk_versions"] == ["7.0.0", "8.0.0"], "same major, no later minor: Cura 4.4 to 5"
    assert plugin["version"] == info["package_version"]
    ast.parse(package.read(f"{PLUGIN}/__init__.py"), feature_version=(3, 8))


LOADED = """
    import sys
    sys.path.insert(0, "%s")
    import Network
    from cura.API import Account

    class Signal:
        def connect(self, heard):
            self.heard = heard

    class Application:
        pluginsLoaded = Signal()
        account = Account()
        def getCuraAPI(self):
            return self

    app = Application()
    import PrintyardCloud
    (extension,) = PrintyardCloud.register(app).values()
    assert PrintyardCloud.getMetaData() == {}

    class Late:
        URL = "https://api.vendor.example/cura-drive/v1"

    Late.__module__, Network.Late = "Network", Late
    app.pluginsLoaded.heard()
    Account = lambda: app.account
"""


def loaded(cura):
    """A Cura that loads the plugin when it has made its account, then says where that leads."""
    return textwrap.dedent(LOADED % (cura / "plugins") + AFTER.replace("from cura.API import Account", ""))


async def test_the_plugin_points_cura_here(cura, package):
    """Some modules were loaded before it, and the account is made already."""
    for name in ("plugin.json", "__init__.py"):
        target = cura / "plugins" / "PrintyardCloud" / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(package.read(f"{PLUGIN}/{name}"))
    seen = """
        client = Network.Client
        print(json.dumps([client.ROOT_PATH, client.CLUSTER_API_ROOT, client.OTHER, Late.URL]))
        settings = app.account._oauth_settings
        print(json.dumps([settings.OAUTH_SERVER_URL, settings.AUTH_SUCCESS_REDIRECT, settings.CALLBACK_URL]))
    """
    program = loaded(cura) + textwrap.dedent(seen)
    said = run(program, cura)
    assert said[0].startswith("Printyard: ")
    assert said[0].endswith(f" addresses now lead to {YARD}")
    assert json.loads(said[-3]) == REDIRECTED | {"app": "cura", "logoff": f"{YARD}/account/logoff?utm_source=cura"}
    assert json.loads(said[-2]) == [
        YARD, f"{YARD}/connect/v1", "https://api.vendor.example.org/elsewhere", f"{YARD}/cura-drive/v1",
    ]  # fmt: skip
    assert json.loads(said[-1]) == [
        f"{YARD}/account", f"{YARD}/account/app/auth-success", "http://localhost:32118/callback",
    ]  # fmt: skip


async def test_both_together_do_no_harm(cura, package, script):
    target = cura / "plugins" / "PrintyardCloud"
    target.mkdir()
    for name in ("plugin.json", "__init__.py"):
        (target / name).write_bytes(package.read(f"{PLUGIN}/{name}"))
    said = run(loaded(cura), script, cura)
    assert json.loads(said[-1]) == REDIRECTED | {"app": "cura"}


# -- how they are had


async def test_they_have_the_address_by_which_somebody_came(bench):
    for base in ("http://localhost:7200", "http://10.0.0.9:8099", "http://[::1]:7200"):
        for path in (SITECUSTOMIZE, f"{SITECUSTOMIZE}/"):
            answer = await bench.group(base).http.get(path)
            assert f"YARD = {base!r}\n" in answer.text
        package = zipfile.ZipFile(io.BytesIO((await bench.group(base).http.get(PACKAGE)).content))
        assert f"YARD = {base!r}\n" in package.read(f"{PLUGIN}/__init__.py").decode()


async def test_anybody_may_have_them_and_nobody_can_put_words_into_them(bench):
    """GET /cura/setup"""
    stranger = bench.group(address="192.168.1.50")
    for path, kind in (
        ("/cura/setup", "text/html; charset=utf-8"), (SITECUSTOMIZE, "text/x-python; charset=utf-8"),
        (PACKAGE, "application/zip"),
    ):  # fmt: skip
        answer = await stranger.http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        name = path.rsplit("/", 1)[-1]
        if name != "setup":
            assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert (await stranger.http.head(path)).status_code == 200
        evil = await stranger.http.get(path, headers={"host": "evil.example'+__import__('os')+'"})
        assert evil.status_code == 421
        assert (await stranger.http.post(path)).status_code == 401


async def test_the_page_leads_to_both(bench):
    page = (await bench.guest.http.get("/cura/setup")).text
    assert SITECUSTOMIZE in page
    assert PACKAGE in page
    assert "http://localhost" in page


async def test_behind_a_proxy_they_lead_to_its_address(tmp_path):
    async with bench_in(tmp_path, public_url="https://yard.example/print") as bench:
        page = (await bench.guest.http.get("/cura/setup")).text
        assert 'href="/print/cura/setup/sitecustomize.py"' in page
        assert "YARD = 'https://yard.example/print'\n" in (await bench.guest.http.get(SITECUSTOMIZE)).text


async def test_the_same_package_has_the_same_bytes(bench):
    first, second = [(await bench.guest.http.get(PACKAGE)).content for _ in range(2)]
    assert first == second
