"""Conditions of policies that ministack 1.5.33 does not know, so that what they refuse is refused here, too."""
import json

import ministack.core.iam_actions as iam_actions
import ministack.core.iam_evaluator as iam
import ministack.services.dynamodb as dynamodb


def mend() -> None:
    _say_tls()
    _know_conditions_of_writes_to_buckets()
    _know_leading_keys()


def _say_tls():
    """The emulator speaks plain HTTP: what is denied without `aws:SecureTransport` would all be refused."""
    inner = iam.EvalContext.__init__

    def init(self, *args, **kwargs):
        inner(self, *args, **kwargs)
        self.secure_transport = True

    iam.EvalContext.__init__ = init


def _know_conditions_of_writes_to_buckets():
    """`s3:if-none-match` and `s3:ObjectCreationOperation`.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    """
    inner = iam_actions._s3_object_context

    def context_of(action, query, path, headers):
        context = inner(action, query, path, headers)
        if action != "s3:PutObject":
            return context
        condition = next((value for name, value in headers.items() if name.lower() == "if-none-match"), None)
        creates = "uploads" not in query and "partNumber" not in query
        return {
            **context,
            "s3:ObjectCreationOperation": "true" if creates else "false",
            **({} if condition is None else {"s3:if-none-match": condition}),
        }

    iam_actions._s3_object_context = context_of


def _know_leading_keys():
    """`dynamodb:LeadingKeys`: the partition keys that a request names, of an item or of its key.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    inner = iam_actions.dynamodb_service_context

    def context_of(body):
        context = inner(body)
        request = json.loads(body or b"{}")
        table = dynamodb._tables.get(request.get("TableName"))
        named = request.get("Item") or request.get("Key")
        if table is None or named is None:
            return context
        partition_key = next(one["AttributeName"] for one in table["KeySchema"] if one["KeyType"] == "HASH")
        return {**context, "dynamodb:LeadingKeys": list(named[partition_key].values())}

    iam_actions.dynamodb_service_context = context_of
