"""Runs every function of an unpacked package and prints their status: `python -B -I -S packaged_app.py FOLDER < calls`.

Without the site's packages, so that whatever is missing from the package is missing here.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlencode

folder = Path(sys.argv[1]).resolve()
os.chdir(folder)
sys.path[:0] = [str(folder), str(folder / ".python_packages" / "lib" / "site-packages")]

import azure.functions as func  # noqa: E402

import function_app  # noqa: E402

function_app.dataset.panel()
functions = {function.get_function_name(): function for function in function_app.app.get_functions()}
statuses = {}
for call in json.load(sys.stdin):
    request = func.HttpRequest(
        method=call["method"],
        url=f"http://localhost{call['path']}?{urlencode(call['query'])}",
        headers={"authorization": os.environ["AUTHORIZATION"]},
        params=call["query"],
        route_params=call["route_params"],
        body=b"" if call["body"] is None else json.dumps(call["body"]).encode(),
    )
    handle = functions[call["function"]].get_user_function()
    statuses[call["function"]] = asyncio.run(handle(request, None)).status_code
sys.stdout.write(json.dumps(statuses) + "\n")
sys.stdout.flush()
os._exit(0)  # the dataset's threads look for changes until the process ends
