"""The code of the five references, by reference and language; the tests put address and token in their places."""

JAVASCRIPT = {
    "000 sdk": """\
import { OpenClawClient } from '@openclaw/sdk';
const client = new OpenClawClient({
baseUrl: 'http://127.0.0.1:18789',
token: process.env.GATEWAY_AUTH_TOKEN,
});
// 发送消息
const response = await client.message('明天的天气如何?');
console.log(response.content);
// 流式响应
for await (const chunk of client.messageStream('写一首诗')) {
process.stdout.write(chunk.content || '');
}
""",
    "002 sdk": """\
import { OpenClaw } from 'openclaw-sdk'

const client = new OpenClaw({
  apiKey: 'your-api-key',
  baseUrl: 'http://localhost:3000'
})

// 发送消息
const response = await client.messages.send({
  content: '你好'
})

// 流式响应
const stream = await client.messages.stream({
  content: '帮我写代码'
})

for await (const chunk of stream) {
  console.log(chunk.content)
}
""",
    "003 sdk": """\
import { OpenClawClient } from 'openclaw-client';

const client = new OpenClawClient({
  baseUrl: 'http://localhost:18789',
  token: 'your-token'
});

const response = await client.agent.run({
  message: 'Hello!',
  sessionKey: 'session-123'
});

console.log(response);
""",
    "004 sdk": """\
import { OpenClawClient } from '@openclaw/sdk';
const client = new OpenClawClient({
baseUrl: 'http://127.0.0.1:18789',
token: process.env.GATEWAY_AUTH_TOKEN,
});
const response = await client.message('What is the weather tomorrow?');
console.log(response.content);
""",
}

SOCKETS = {
    "000 websocket": """\
const ws = new WebSocket('ws://127.0.0.1:18789/ws');
ws.onopen = () => {
// 认证
ws.send(JSON.stringify({
type: 'auth',
token: 'YOUR_TOKEN'
}));
};
ws.onmessage = (event) => {
const data = JSON.parse(event.data);
switch (data.type) {
case 'auth_success':
// 认证成功,可以开始交互
ws.send(JSON.stringify({
type: 'message',
channel: 'api',
content: '你好'
}));
break;
case 'response':
console.log(data.content);
break;
case 'error':
console.error(data.message);
break;
}
};
""",
    "001 websocket": """\
// npm install ws
const WebSocket = require('ws');

const token = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...';  // 你的Bearer Token
const ws = new WebSocket('ws://localhost:18789/ws', {
  headers: { Authorization: `Bearer ${token}` }
});

ws.on('open', () => {
  console.log('已连接到OpenClaw Gateway');

  // 发送消息给默认Agent(或指定sessionId/agentId)
  ws.send(JSON.stringify({
    type: 'message',
    content: '帮我写一个Python函数计算斐波那契数列第n项(使用记忆化)',
    channel: 'api',           // 或你的自定义channel id
    metadata: { userId: 'dev-user-001' }
  }));
});

ws.on('message', (data) => {
  const msg = JSON.parse(data);
  console.log('收到回复:', msg.content);
});

ws.on('close', () => console.log('连接断开'));
ws.on('error', (err) => console.error('WebSocket错误:', err));
""",
    "002 websocket": """\
const ws = new WebSocket('ws://localhost:3000/ws')

ws.onopen = () => {
  ws.send(JSON.stringify({
    type: 'subscribe',
    channels: ['messages', 'tasks']
  }))
}

ws.onmessage = (event) => {
  const data = JSON.parse(event.data)
  console.log('Received:', data)
}
""",
    "003 websocket": """\
const ws = new WebSocket('wss://gateway:18789', [], {
  headers: {
    'Authorization': 'Bearer ' + token
  }
});

ws.onopen = () => {
  console.log('Connected to Gateway');
};

ws.onmessage = (event) => {
  const data = JSON.parse(event.data);
  console.log('Received:', data);
};
""",
    "004 websocket": """\
const ws = new WebSocket('ws://127.0.0.1:18789/ws');
ws.onopen = () => {
ws.send(JSON.stringify({ type: 'auth', token: 'YOUR_TOKEN' }));
};
ws.onmessage = (event) => {
const data = JSON.parse(event.data);
if (data.type === 'response') console.log(data.content);
};
""",
}

PYTHON = {
    "000 sdk": """\
from openclaw import OpenClawClient
client = OpenClawClient(
base_url="http://127.0.0.1:18789",
token=os.environ["GATEWAY_AUTH_TOKEN"],
)
# 发送消息
response = client.message("明天的天气如何?")
print(response.content)
# 流式响应
for chunk in client.message_stream("写一首诗"):
    print(chunk.content, end="", flush=True)
""",
    "002 sdk": """\
from openclaw import OpenClaw

client = OpenClaw(
    api_key='your-api-key',
    base_url='http://localhost:3000'
)

# 发送消息
response = client.messages.send(
    content='你好'
)

# 流式响应
for chunk in client.messages.stream(
    content='帮我写代码'
):
    print(chunk.content)
""",
    "003 openai": """\
from openai import OpenAI

client = OpenAI(
    base_url="http://localhost:18789/v1",
    api_key="your-openclaw-token"
)

response = client.chat.completions.create(
    model="anthropic/claude-3-5-sonnet",
    messages=[
        {"role": "user", "content": "Hello!"}
    ]
)

print(response.choices[0].message.content)
""",
    "003 requests": """\
import requests

BASE_URL = "http://localhost:18789"
HEADERS = {"Authorization": "Bearer your-token"}

# 发送消息
response = requests.post(
    f"{BASE_URL}/v1/agent/run",
    headers=HEADERS,
    json={
        "message": "Hello!",
        "sessionKey": "session-123"
    }
)

data = response.json()
print(data["response"])
""",
    "004 sdk": """\
from openclaw import OpenClawClient
client = OpenClawClient(
base_url="http://127.0.0.1:18789",
token=os.environ["GATEWAY_AUTH_TOKEN"],
)
response = client.message("What is the weather tomorrow?")
print(response.content)
""",
}

PYTHON_SOCKET = """\
# pip install websocket-client
import websocket
import json

token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."
ws = websocket.WebSocketApp(
    "ws://localhost:18789/ws",
    header=[f"Authorization: Bearer {token}"],
    on_message=lambda ws, msg: print("收到:", json.loads(msg)["content"]),
    on_open=lambda ws: ws.send(json.dumps({
        "type": "message",
        "content": "给我分析一下今天的Hacker News前5条热门",
        "channel": "api"
    }))
)

ws.run_forever()
"""

CURL = """\
curl -H "Authorization: Bearer YOUR_GATEWAY_TOKEN" \\
http://127.0.0.1:18789/api/v1/health
---
curl http://127.0.0.1:18789/api/v1/health
---
curl -H "Authorization: Bearer $TOKEN" \\
http://127.0.0.1:18789/api/v1/status
---
curl -X POST \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"channel": "api",
"message": "明天台北的天气如何?",
"conversation_id": "conv_abc123",
"metadata": {
"user_id": "user_001",
"user_name": "用户"
}
}' \\
http://127.0.0.1:18789/api/v1/message
---
curl -X POST \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-H "Accept: text/event-stream" \\
-d '{"channel": "api", "message": "写一首诗"}' \\
http://127.0.0.1:18789/api/v1/message
---
curl -H "Authorization: Bearer $TOKEN" \\
"http://127.0.0.1:18789/api/v1/conversations?limit=20&offset=0"
---
curl -H "Authorization: Bearer $TOKEN" \\
http://127.0.0.1:18789/api/v1/conversations/conv_abc123
---
curl -X DELETE \\
-H "Authorization: Bearer $TOKEN" \\
http://127.0.0.1:18789/api/v1/conversations/conv_abc123
---
curl -H "Authorization: Bearer $TOKEN" \\
http://127.0.0.1:18789/api/v1/memory/stats
---
curl -X POST \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"query": "用户的饮食偏好",
"limit": 10,
"type": "all"
}' \\
http://127.0.0.1:18789/api/v1/memory/search
---
curl -X DELETE \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"before": "2025-01-01T00:00:00Z",
"type": "wal",
"confirm": true
}' \\
http://127.0.0.1:18789/api/v1/memory/prune
---
curl -H "Authorization: Bearer $TOKEN" \\
http://127.0.0.1:18789/api/v1/skills
---
curl -X POST \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"name": "weather",
"version": "1.2.0"
}' \\
http://127.0.0.1:18789/api/v1/skills/install
---
curl -X DELETE \\
-H "Authorization: Bearer $TOKEN" \\
http://127.0.0.1:18789/api/v1/skills/weather
---
curl -H "Authorization: Bearer $TOKEN" \\
http://127.0.0.1:18789/api/v1/channels
---
curl -H "Authorization: Bearer $TOKEN" \\
http://127.0.0.1:18789/api/v1/config
---
curl -X PUT \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"gateway": {
"rate_limit": {
"requests_per_minute": 120
}
}
}' \\
http://127.0.0.1:18789/api/v1/config
---
curl -H "Authorization: Bearer $TOKEN" \\
"http://127.0.0.1:18789/api/v1/logs?lines=100&level=warn"
---
shopt -s expand_aliases
alias oclaw='curl -s -H "Authorization: Bearer $GATEWAY_AUTH_TOKEN" -H "Content-Type: application/json"'
# 使用
oclaw http://127.0.0.1:18789/api/v1/health
oclaw -X POST -d '{"channel":"api","message":"你好"}' http://127.0.0.1:18789/api/v1/message
---
curl -X POST http://localhost:18789/api/v1/messages \\
  -H "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..." \\
  -H "Content-Type: application/json" \\
  -d '{
    "content": "自动在~/projects/my-repo创建新分支feature/api-integration,写一个Express中间件记录请求日志,然后commit并push",
    "agentId": "dev-coder",
    "sessionId": "cron-job-20260306"
  }'
---
curl -X POST http://localhost:18789/v1/agent/run \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "message": "Hello!",
    "sessionKey": "session-123"
  }'
---
curl -X POST http://localhost:18789/v1/agent/run/stream \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "message": "Hello!",
    "sessionKey": "session-123"
  }'
---
curl -X POST \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{"channel": "api", "message": "What is the weather like tomorrow?"}' \\
http://127.0.0.1:18789/api/v1/message
---
curl -X POST \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-H "Accept: text/event-stream" \\
-d '{"channel": "api", "message": "Write a poem"}' \\
http://127.0.0.1:18789/api/v1/message
"""
"""One behind the other: a later one may need what an earlier one made."""
