"""Cura 4.13's own model and network classes in a process of their own, led by the test: a command a line, in JSON.

Arguments: the folder that `fetching` has filled. Each answer is a line: {"value": ...} or {"error": traceback}.
"""

# ruff: noqa: N802 - the names are Cura's

import base64
import json
import sys
import threading
import time
import traceback

from stand_ins import move_in, quiet

ROOT = sys.argv[1]

with quiet():
    application, ear = move_in(ROOT)
    from cura.API.Account import Account
    from cura.UltimakerCloud import UltimakerCloudConstants
    from PyQt5.QtCore import QCoreApplication, QUrl
    from PyQt5.QtGui import QDesktopServices, QGuiApplication
    from UM.TaskManagement.HttpRequestManager import HttpRequestManager
    from UM3NetworkPrinting.src.Cloud.CloudApiClient import CloudApiClient
    from UM3NetworkPrinting.src.Cloud.CloudOutputDevice import CloudOutputDevice
    from UM3NetworkPrinting.src.Network.LocalClusterOutputDeviceManager import LocalClusterOutputDeviceManager
    from UM3NetworkPrinting.src.Network.SendMaterialJob import SendMaterialJob
    from UM3NetworkPrinting.src.Network.ZeroConfClient import ZeroConfClient

SECONDS = 20.0
STRANGER = "ultimakersystem-ffffffffffff._ultimaker._tcp.local."
"""A printer in the network that is none of ours."""


def until(wanted, seconds=SECONDS, what="it"):
    """Let Qt, and what threads want done, go on until `wanted()` is true; its value."""
    deadline = time.monotonic() + seconds
    while not (value := wanted()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come to pass; {chr(10).join(ear.recent)}")
        QCoreApplication.processEvents()
        while not application.later.empty():
            function, args, kwargs = application.later.get()
            function(*args, **kwargs)
        time.sleep(0.002)
    return value


class Sliced:
    """Stands for Cura's ExportFileJob: a file that was sliced."""

    def __init__(self, name, content, mime):
        self._name, self._content, self._mime = name, content, mime

    def getFileName(self):
        return self._name

    def getOutput(self):
        return self._content

    def getMimeType(self):
        return self._mime


def seen(device):
    """What the monitor page shows of a device."""
    printers = [
        {
            "key": one.key, "name": one.name, "unique_name": one.uniqueName, "type": one.type, "state": one.state,
            "camera": one.cameraUrl.toString(), "plate": one.buildplate,
            "shows": None if one.activePrintJob is None else one.activePrintJob.key,
            "configuration": [
                [extruder.position, extruder.hotendID, extruder.material.type, extruder.material.guid]
                for extruder in one.printerConfiguration.extruderConfigurations
            ],
        }
        for one in device.printers
    ]  # fmt: skip
    jobs = [
        {
            "key": one.key, "name": one.name, "owner": one.owner, "state": one.state, "total": one.timeTotal,
            "elapsed": one.timeElapsed, "families": one.compatibleMachineFamilies,
            "printer": None if one.assignedPrinter is None else one.assignedPrinter.key,
            "changes": [
                [each.typeOfChange, each.index, each.targetName, each.originName, each.canOverride]
                for each in one.configurationChanges
            ],
            "image": None if (image := one.getPreviewImage()) is None else [image.width(), image.height()],
            "configuration": [
                [extruder.position, extruder.hotendID, extruder.material.type]
                for extruder in one.configuration.extruderConfigurations
            ],
        }
        for one in device.printJobs
    ]  # fmt: skip
    return {
        "printers": printers, "jobs": jobs, "queue": [one.key for one in device.queuedPrintJobs],
        "active": [one.key for one in device.activePrintJobs],
        "types": {one["machine_type"]: int(one["count"]) for one in device.connectedPrintersTypeCount},
        "size": device.clusterSize,
    }  # fmt: skip


class Visitor:
    """The commands."""

    def __init__(self):
        self.manager = LocalClusterOutputDeviceManager()
        self.devices, self.clouds, self.written = {}, {}, []
        HttpRequestManager.getInstance()  # in the main thread, as in Cura

    def _watch(self, device):
        """Cura's signals hold functions weakly: only methods of what stays are heard."""
        device.writeFinished.connect(self._finished)
        device.writeError.connect(self._failed)

    def _finished(self, *_):
        self.written.append("finished")

    def _failed(self, *_):
        self.written.append("failed")

    # -- over the network

    def add(self, address):
        """Add a printer by its address; what Cura makes of it."""
        answered = []
        self.manager.addManualDevice(address, lambda *told: answered.append(told))
        until(lambda: answered, what=f"an answer of {address}")
        device = self.manager.getDiscoveredDevices()[f"manual:{address}"]
        device._update_timer.stop()
        self.devices[address] = device
        self._watch(device)
        properties = {name.decode(): value.decode() for name, value in device.getProperties().items()}
        return properties | {"firmware": device.firmwareVersion, "type": device.printerType}

    def poll(self, address):
        """What the timer does every two seconds; what is shown then."""
        device = self.devices[address]
        counts, got = [0, 0], device._getApiClient()
        lists = (device._updatePrinters, device._updatePrintJobs)

        def counted(place):
            def take(models):
                lists[place](models)
                counts[place] += 1

            return take

        got.getPrinters(counted(0))
        got.getPrintJobs(counted(1))
        until(lambda: all(counts), what="printers and jobs")
        device._updatePrintJobPreviewImages()
        until(lambda: all(one.getPreviewImage() is not None for one in device.printJobs), what="pictures of all jobs")
        return seen(device)

    def send(self, address, name, content, printer=None):
        """Print a file, on a printer if one was chosen in the dialog."""
        device = self.devices[address]
        self.written.clear()
        device._active_exported_job = Sliced(name, base64.b64decode(content), "")
        device.selectTargetPrinter(printer or "")
        until(lambda: self.written, what="the end of the upload")
        return self.written[0]

    def tell(self, address, job, action):
        """What the page's buttons do."""
        device, done = self.devices[address], []
        manager = device._getApiClient()._manager
        manager.finished.connect(done.append)
        acts = {"top": device.sendJobToTop, "force": device.forceSendJob, "delete": device.deleteJobFromQueue}
        acts[action](job) if action in acts else device.setJobState(job, action)
        until(lambda: done, what=action)
        manager.finished.disconnect(done.append)
        return done[0].attribute(done[0].request().HttpStatusCodeAttribute)

    def sync_materials(self, address, materials):
        """Compare Cura's profiles with the group's, and send what is missing or newer; what was sent."""
        device, sent = self.devices[address], []
        application.containers.materials = materials
        post = device.postFormWithParts

        def posting(target, parts, on_finished, **more):
            def finished(reply):
                sent.append([target, reply.attribute(reply.request().HttpStatusCodeAttribute)])
                on_finished(reply)

            return post(target, parts, finished, **more)

        device.postFormWithParts = posting
        job = SendMaterialJob(device)
        job.run()
        until(lambda: job._send_material_thread.ident is not None, what="the list of materials")
        wanted = SendMaterialJob._determineMaterialsToSend(job._getLocalMaterials(), job._remote_materials)
        done = lambda: not job._send_material_thread.is_alive() and len(sent) == len(wanted)  # noqa: E731
        until(done, what="the end of the materials")
        device.postFormWithParts = post
        return sent

    def discover(self, seconds):
        """What is found by multicast."""
        client, found = ZeroConfClient(), []

        def heard(key, address, properties):
            found.append([key, address, {name.decode(): value.decode() for name, value in properties.items()}])

        client.addedNetworkCluster.connect(heard)
        client.start()
        deadline = time.monotonic() + seconds
        until(lambda: found or time.monotonic() > deadline, seconds + 5)
        client.stop()
        return found

    def discovered(self, key, address, told):
        """What Cura makes of what was announced."""
        properties = {name.encode(): value.encode() for name, value in told.items()}
        self.manager._onDeviceDiscovered(key, address, properties)
        device = self.manager.getDiscoveredDevices()[key]
        return {"name": device.name, "type": device.printerType, "size": device.clusterSize,
                "firmware": device.firmwareVersion}  # fmt: skip

    # -- in the cloud

    def roots(self):
        """Where this Cura's cloud is."""
        return [UltimakerCloudConstants.CuraCloudAPIRoot, UltimakerCloudConstants.CuraCloudAccountAPIRoot,
                UltimakerCloudConstants.CuraDigitalFactoryURL, CloudApiClient.CLUSTER_API_ROOT,
                CloudApiClient.CURA_API_ROOT]  # fmt: skip

    def account(self):
        """Make Cura's account."""
        application.account = Account(application)
        application.account.initialize()
        application.account._update_timer.stop()
        return application.account._authorization_service._auth_url

    def begin_login(self, port):
        """Begin to log in; the address that the browser opens."""
        account, opened = application.account, []
        settings, service = account._oauth_settings, account._authorization_service
        settings.CALLBACK_PORT, settings.CALLBACK_URL = port, f"http://localhost:{port}/callback"
        service._server._web_server_port = port
        QDesktopServices.openUrl = lambda url: opened.append(QUrl(url).toString(QUrl.FullyEncoded))
        account.login()
        return until(lambda: opened, what="a browser")[0]

    def end_login(self):
        """Wait until Cura is logged in; who it is then."""
        account = application.account
        until(lambda: account.isLoggedIn and account.userProfile, what="the login")
        return account.userProfile

    def refresh(self):
        """Get a new token in good time; whether it is another one."""
        service = application.account._authorization_service
        before = service._auth_data.access_token
        service.refreshAccessToken()
        until(lambda: service._auth_data.access_token != before, what="another token")
        return True

    def clusters(self):
        """The printers of the account."""
        found, failed = [], []
        api = CloudApiClient(application, lambda errors: failed.extend(one.toDict() for one in errors))
        api.getClusters(found.append, lambda *_: failed.append("failed"))
        until(lambda: found or failed, what="the clusters")
        if failed:
            raise RuntimeError(failed)
        for cluster in found[0]:
            device = CloudOutputDevice(api, cluster)
            device._update_timer.stop()
            self._watch(device)
            self.clouds[cluster.cluster_id] = device
        rows = []
        for cluster in found[0]:
            device = self.clouds[cluster.cluster_id]
            strange = device.matchesNetworkKey(STRANGER)
            rows.append(cluster.toDict() | {"name": device.name, "pairs_with_strangers": strange})
        return rows

    def status(self, cluster_id):
        """What the monitor page shows of a cluster."""
        device, answers = self.clouds[cluster_id], []

        def take(status):
            device._onStatusCallFinished(status)
            answers.append(status)

        device._api.getClusterStatus(cluster_id, take)
        until(lambda: answers, what="the status")
        return seen(device) | {"actions": device.supportsPrintJobActions}

    def cloud_send(self, cluster_id, name, content, mime, lose=0):
        """Print a file; `lose` of its bytes get lost on the way. How it ended, and what Cura said then."""
        device = self.clouds[cluster_id]
        self.written.clear()
        application.shown.clear()
        job = Sliced(name, base64.b64decode(content), mime)
        if lose:
            upload = device._uploadPrintJob

            def losing(response):
                device._tool_path = device._tool_path[:-lose]
                upload(response)

            device._uploadPrintJob = losing
        device._onPrintJobCreated(job)
        until(lambda: self.written, what="the end of the upload")
        if lose:
            device._uploadPrintJob = upload
            http = HttpRequestManager.getInstance()
            until(lambda: not http._requests_in_progress and not http._request_queue, what="the print call behind it")
        return [self.written[:], application.shown[:]]

    def cloud_tell(self, cluster_id, job, action):
        """What the page's buttons do."""
        device = self.clouds[cluster_id]
        acts = {"top": device.sendJobToTop, "force": device.forceSendJob, "delete": device.deleteJobFromQueue}
        acts[action](job) if action in acts else device.setJobState(job, action)
        http = HttpRequestManager.getInstance()
        until(lambda: not http._requests_in_progress and not http._request_queue, what=action)

    # -- the plugin

    def load_plugin(self, folder):
        """Let Cura's own registry load a plugin; what it then thinks of it."""
        from UM.PluginRegistry import PluginRegistry
        from UM.Signal import Signal

        registry = PluginRegistry(application)
        registry._plugin_config_filename = f"{folder}/plugins.json"
        registry.addPluginLocation(folder)
        registry.addType("extension", lambda _: None)
        application.pluginsLoaded = Signal()
        registry.loadPlugin("PrintyardCloud")
        application.pluginsLoaded.emit()
        return [
            list(registry._plugins),
            registry._outdated_plugins,
            registry.getMetaData("PrintyardCloud")["plugin"]["name"],
        ]

    def package_info(self, path):
        """What Cura's own manager of packages reads in one."""
        from UM.PackageManager import PackageManager

        return PackageManager.getPackageInfo(None, path)

    def said(self):
        """What Cura has logged as errors since it was asked last."""
        errors, ear.errors = ear.errors, []
        return errors


def main():
    qt = QGuiApplication(["cura", "-platform", "offscreen"])
    with quiet():
        visitor = Visitor()
    for line in sys.stdin:
        command, arguments = json.loads(line)
        try:
            with quiet():
                answer = {"value": getattr(visitor, command)(**arguments)}
        except BaseException:  # noqa: BLE001 - the test gets to see it
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer
    del qt


if __name__ == "__main__":
    threading.excepthook = lambda failed: ear.errors.append("".join(traceback.format_exception(failed.exc_value)))
    sys.excepthook = lambda *failed: ear.errors.append("".join(traceback.format_exception(*failed)))
    main()
