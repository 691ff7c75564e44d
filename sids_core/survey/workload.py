"""How much work a clustering is."""

from sids_core.survey.schemas import ClusteringRequest
from sids_core.timing import Workload


def workload(request: ClusteringRequest, model: str) -> Workload:
    """Under the model's name: the types of the questions of the factor, and the size: rows, questions, max_k."""
    questions = zip(request.metadata.type, request.metadata.factor, strict=False)
    types = [kind for kind, factor in questions if factor == request.factor]
    return Workload(
        model=model,
        options={"types": ", ".join(sorted(set(types)))},
        size={
            "rows": max((len(answers) for answers in request.data.values()), default=0),
            "questions": len(types),
            "max_k": request.max_k,
        },
    )
